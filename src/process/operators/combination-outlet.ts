import { ByteWriter } from '../../base/byte-writer.ts'
import type { Clock } from '../../base/clock.ts'
import { assert } from '../../base/assert.ts'
import type { Row } from '../../data/row.ts'
import type { Expr } from '../../expr/expr.ts'
import { scopesOf } from '../../expr/columns.ts'
import type { NodeId } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import {
  driverKey,
  isDriverKey,
  readCombination,
  timeOf,
  writeCombination,
  type Combination,
} from './combination.ts'
import { compileKeyText, type KeyText } from './join-key.ts'
import { expressionFailure } from './expression-failure.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'

/**
 * What one step of a join tells the next: this combination is there, in place of the one of its events before; it is gone; or its driver's
 * record has come as far as a join that found nothing for it.
 */
type ChangeKind = 'there' | 'gone' | 'waits'

export interface CombinationChange {
  readonly kind: ChangeKind
  readonly combination: Combination
}

const kinds: readonly ChangeKind[] = ['there', 'gone', 'waits']

/** A byte, the number of the kind, and the combination. */
export function readChange(bytes: Buffer, scopes: number): CombinationChange {
  const kind = kinds[bytes[0] as number]
  assert(kind !== undefined, 'what one step of a join tells the next is no change')
  return { kind, combination: readCombination(bytes, 1, scopes).combination }
}

interface OutletOptions {
  readonly node: NodeId
  /** Of the join that the changes go to; empty: there is none. */
  readonly key: readonly Expr[]
  /** The rows of these scopes at least. */
  readonly rowsOf: (combination: Combination, scopes: readonly number[]) => readonly (Row | undefined)[]
  readonly env: ProcessEnvironment
  readonly next: Processor
}

/** The way out of one step: changes as bytes, with the key of the next join, or where that is NULL with the driver's own. */
export class CombinationOutlet {
  readonly #node: NodeId
  /** Undefined behind the last join, where nobody has a use for removals. */
  readonly #key: KeyText | undefined
  readonly #keyParts: readonly Expr[]
  readonly #keyScopes: readonly number[]
  readonly #rowsOf: OutletOptions['rowsOf']
  readonly #clock: Clock
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #writer = new ByteWriter()
  readonly #out = new StreamRecord()

  constructor({ node, key, rowsOf, env, next }: OutletOptions) {
    this.#node = node
    this.#key = key.length === 0 ? undefined : compileKeyText(key, env.context.clock)
    this.#keyParts = key
    this.#keyScopes = scopesOf(key)
    this.#rowsOf = rowsOf
    this.#clock = env.context.clock
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node)
  }

  /** @param before - what it takes the place of: of the same events */
  put(combination: Combination, before?: Combination): void {
    const key = this.#keyOf(combination)
    const keyBefore = before === undefined ? key : this.#keyOf(before)
    // Whoever had it by another key would keep it.
    if (before !== undefined && keyBefore !== key) this.#send('gone', keyBefore, before)
    this.#send('there', key, combination)
  }

  remove(combination: Combination): void {
    if (this.#key !== undefined) this.#send('gone', this.#keyOf(combination), combination)
  }

  /** For the count of what never goes out. */
  tellWaiting(combination: Combination): void {
    this.#send('waits', this.#keyOf(combination), combination)
  }

  /** @returns whether the combination has a key; without one it is not passed on */
  putKeyed(combination: Combination): boolean {
    const key = this.#keyOf(combination)
    if (isDriverKey(key)) return false
    this.#send('there', key, combination)
    return true
  }

  /** What stands under a key is gone. */
  removeKey(key: string, scopes: number, timestampMs: number): void {
    this.#send('gone', key, Array.from({ length: scopes }), timestampMs)
  }

  /** What stands under this combination's key is gone. */
  removeKeyOf(combination: Combination): void {
    const key = this.#keyOf(combination)
    if (!isDriverKey(key)) this.removeKey(key, combination.length, timeOf(combination))
  }

  #keyOf(combination: Combination): string {
    if (this.#key === undefined) return driverKey(combination)
    const rows = this.#rowsOf(combination, this.#keyScopes)
    try {
      return this.#key(rows) ?? driverKey(combination)
    } catch (error) {
      const by = `It was computed by "${this.#node}", for the key of the next join.`
      throw expressionFailure(error, { exprs: this.#keyParts, rows, clock: this.#clock, by })
    }
  }

  #send(kind: ChangeKind, key: string, combination: Combination, timestampMs = timeOf(combination)): void {
    const writer = this.#writer
    writer.reset()
    writer.writeInt8(kinds.indexOf(kind))
    writeCombination(combination, writer)
    const out = this.#out
    out.key = key
    out.value = writer.copy()
    out.timestampMs = timestampMs
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}
