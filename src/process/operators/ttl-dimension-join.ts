import { asBuffer } from '../../base/as-buffer.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import {
  isDriverKey,
  encodeCombination,
  readCombination,
  isOfThePast,
  sameDriver,
  sameRecord,
  type Combination,
  type Member,
} from './combination.ts'
import type { StoredCombination } from './combination-store.ts'
import { TtlJoinParts } from './ttl-join-parts.ts'

/**
 * Joins combinations with the newest row of their key. Under `immediate` the row that a combination has got is its own for ever; under
 * `smart` it has whatever row is the newest, for the gate lets it out only once.
 *
 * A kept combination holds the row that it was last sent on with.
 */
export class TtlDimensionJoin {
  readonly #parts: TtlJoinParts
  readonly #rows: KeyValueStore
  readonly #scope: number
  readonly #keepsRow: boolean
  /** Whether a combination that goes may come back by another way. A driving dimension is joined by its own columns alone. */
  readonly #moves: boolean
  readonly #pads: boolean
  readonly #writer = new ByteWriter()

  constructor(node: TtlJoinNode, env: ProcessEnvironment, next: Processor) {
    this.#parts = new TtlJoinParts(node, env, next)
    this.#rows = env.store(node.rightStore)
    this.#scope = node.scope
    this.#keepsRow = node.emission === 'immediate'
    this.#moves = node.tables[0]?.role === 'event'
    this.#pads = node.type === 'left'
  }

  left(record: StreamRecord): void {
    const { kind, combination } = this.#parts.read(record)
    const key = record.key as string
    if (kind === 'waits') this.#parts.outlet.tellWaiting(combination)
    else if (isDriverKey(key)) this.#pass(kind, combination)
    else if (kind === 'there') this.#enter(key, combination)
    else {
      const kept = this.#parts.left.find(key, combination)
      if (kept !== undefined) this.#leave(key, kept, combination)
    }
  }

  /** Without a key. */
  #pass(kind: 'there' | 'gone', combination: Combination): void {
    if (kind === 'gone') this.#send(combination, undefined)
    else this.#send(undefined, combination)
  }

  #enter(key: string, combination: Combination): void {
    const kept = this.#parts.left.find(key, combination)
    const before = kept?.combination
    const own = sameDriver(before, combination) ? before?.[this.#scope] : undefined
    const after = this.#join(key, combination, own)
    this.#parts.left.put(key, { combination: after, matched: false })
    this.#send(kept?.matched === true ? undefined : before, after)
  }

  right(record: StreamRecord): void {
    const { kind, combination } = this.#parts.read(record)
    const key = record.key as string
    const row = kind === 'gone' ? undefined : combination[this.#scope]
    if (row === undefined) this.#rows.delete(key, record.timestampMs)
    else this.#rows.put(key, encodeCombination(combination, this.#writer), record.timestampMs)
    for (const { combination: before, matched: gone } of this.#parts.left.of(key))
      if (!gone) this.#rejoin(key, before, row)
  }

  /**
   * A combination goes; perhaps it comes back by another way, for a row before has moved it there: then it is to have its row again. Where it
   * has come back already, this is about what it was.
   */
  #leave(key: string, { combination: before, matched: gone }: StoredCombination, as: Combination): void {
    if (gone || isOfThePast(as, before, this.#scope)) return
    if (this.#keepsRow && this.#moves && before[this.#scope] !== undefined)
      this.#parts.left.put(key, { combination: before, matched: true })
    else this.#parts.left.remove(key, before)
    this.#send(before, undefined)
  }

  /** A combination that has come, or has changed, with its row. */
  #join(key: string, combination: Combination, own: Member | undefined): Combination {
    const row = this.#keepsRow && own !== undefined ? own : this.#newest(key)
    return this.#joinedWith(combination, row)
  }

  #rejoin(key: string, before: Combination, row: Member | undefined): void {
    const own = before[this.#scope]
    if (this.#keepsRow && own !== undefined) return
    const after = this.#joinedWith(before, row)
    if (sameRecord(own, after[this.#scope])) return
    this.#parts.left.put(key, { combination: after, matched: false })
    this.#send(before, after)
  }

  #joinedWith(combination: Combination, row: Member | undefined): Combination {
    const matches = row !== undefined && this.#parts.matches(combination, row)
    return this.#parts.with(combination, matches ? row : undefined)
  }

  #newest(key: string): Member | undefined {
    const bytes = this.#rows.get(key)
    if (bytes === undefined) return undefined
    return readCombination(asBuffer(bytes), 0, this.#parts.node.tables.length).combination[this.#scope]
  }

  /** @param after - undefined: it is gone */
  #send(before: Combination | undefined, after: Combination | undefined): void {
    const { outlet } = this.#parts
    const [was, is] = [this.#isResult(before) ? before : undefined, this.#isResult(after) ? after : undefined]
    if (is !== undefined) outlet.put(is, was)
    else if (was !== undefined) outlet.remove(was)
    if (is === undefined && after !== undefined) this.#parts.tellWaiting(after)
  }

  #isResult(combination: Combination | undefined): boolean {
    return combination !== undefined && (this.#pads || combination[this.#scope] !== undefined)
  }
}
