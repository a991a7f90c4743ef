import type { TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import {
  identityOf,
  isDriverKey,
  isOfThePast,
  sameDriver,
  type Combination,
  type Member,
} from './combination.ts'
import { CombinationStore, type StoredCombination } from './combination-store.ts'
import { drops, type Drops } from './node-counters.ts'
import { TtlJoinParts } from './ttl-join-parts.ts'

/**
 * Joins combinations with every live event of their key. The first event that a combination finds takes the place of the one without:
 * that is gone for good, even when the event has expired.
 */
export class TtlEventJoin {
  readonly #parts: TtlJoinParts
  readonly #events: CombinationStore
  readonly #scope: number
  readonly #pads: boolean
  readonly #late: Drops

  constructor(node: TtlJoinNode, env: ProcessEnvironment, next: Processor) {
    const { scope, tables } = node
    this.#parts = new TtlJoinParts(node, env, next)
    this.#events = new CombinationStore({
      stores: { expiring: node.rightStore },
      env,
      scopes: tables.length,
      identity: [scope],
      lifetimes: this.#parts.lifetimes,
    })
    this.#scope = scope
    this.#pads = node.type === 'left'
    this.#late = drops(env, node.id, 'late')
  }

  left(record: StreamRecord): void {
    const { kind, combination } = this.#parts.read(record)
    const key = record.key as string
    if (kind === 'waits') this.#parts.outlet.tellWaiting(combination)
    else if (isDriverKey(key)) this.#pass(kind, combination)
    else if (kind === 'gone') this.#leave(key, combination)
    else this.#enter(key, combination)
  }

  /** Without a key. */
  #pass(kind: 'there' | 'gone', combination: Combination): void {
    const { outlet } = this.#parts
    if (kind === 'gone') outlet.remove(combination)
    else if (this.#pads) outlet.put(combination)
    else this.#parts.tellWaiting(combination)
  }

  #enter(key: string, combination: Combination): void {
    const before = this.#parts.left.find(key, combination)
    const partners = this.#partners(key, combination)
    const wasMatched = before?.matched === true && sameDriver(before.combination, combination)
    const after = { combination, matched: wasMatched || partners.length > 0 }
    const resultsBefore = this.#resultsOf(key, before)
    this.#parts.left.put(key, after)
    const results = this.#results(after, partners)
    this.#replace(resultsBefore, results)
    if (results.length === 0) this.#parts.tellWaiting(combination)
  }

  /** Where it has come back by another way already, this is about what it was. */
  #leave(key: string, combination: Combination): void {
    const before = this.#parts.left.find(key, combination)
    if (before === undefined || isOfThePast(combination, before.combination, this.#scope)) return
    const resultsBefore = this.#resultsOf(key, before)
    this.#parts.left.remove(key, combination)
    this.#replace(resultsBefore, [])
  }

  #resultsOf(key: string, entry: StoredCombination | undefined): readonly Combination[] {
    return entry === undefined ? [] : this.#results(entry, this.#partners(key, entry.combination))
  }

  right(record: StreamRecord): void {
    const { combination: event } = this.#parts.read(record)
    const key = record.key as string
    const { lifetimes, left } = this.#parts
    const member = event[this.#scope]
    if (member === undefined || this.#events.find(key, event) !== undefined) return
    if (!lifetimes.isLive(event)) {
      this.#late.count()
      return
    }
    this.#events.put(key, { combination: event, matched: true })
    for (const entry of left.of(key))
      if (this.#parts.matches(entry.combination, member)) this.#meet(key, entry, member)
  }

  #meet(key: string, { combination, matched }: StoredCombination, member: Member): void {
    const { left, outlet } = this.#parts
    if (!matched) {
      left.put(key, { combination, matched: true })
      if (this.#pads) outlet.remove(combination)
    }
    outlet.put(this.#parts.with(combination, member))
  }

  #partners(key: string, combination: Combination): readonly Member[] {
    return this.#events.of(key).flatMap(({ combination: event }) => {
      const member = event[this.#scope]
      return member !== undefined && this.#parts.matches(combination, member) ? [member] : []
    })
  }

  #results({ combination, matched }: StoredCombination, partners: readonly Member[]): readonly Combination[] {
    if (partners.length > 0) return partners.map((member) => this.#parts.with(combination, member))
    return matched || !this.#pads ? [] : [combination]
  }

  #replace(before: readonly Combination[], after: readonly Combination[]): void {
    const { outlet } = this.#parts
    const [scopes, stay] = [[this.#scope], new Map<string, Combination>()]
    const events = new Set(after.map((result) => identityOf(result, scopes)))
    for (const result of before) {
      const event = identityOf(result, scopes)
      if (events.has(event)) stay.set(event, result)
      else outlet.remove(result)
    }
    for (const result of after) outlet.put(result, stay.get(identityOf(result, scopes)))
  }
}
