import type { Clock } from '../../base/clock.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { WindowStore } from '../../store/contracts.ts'
import type { ReleaseNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { eventScopes, identityOf, timeOf, type Combination } from './combination.ts'
import { readChange } from './combination-outlet.ts'
import { CombinationRows } from './combination-rows.ts'
import { asBuffer } from './combination-store.ts'
import { expressionFailure } from './expression-failure.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'

/**
 * The gate behind the last join: lets out a combination when the predicate is TRUE of it, and never again. Under `smart` that holds for
 * its driver and events, whatever the dimensions have become since; under `immediate` for each set of records.
 */
export class Release implements Processor {
  readonly #node: ReleaseNode
  readonly #scopes: number
  readonly #identity: readonly number[]
  readonly #predicate: Evaluate | undefined
  readonly #rows: CombinationRows
  /** By identity, at the driver's time: what has been let out. */
  readonly #released: WindowStore
  readonly #clock: Clock
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ReleaseNode, env: ProcessEnvironment, next: Processor) {
    this.#node = node
    this.#clock = env.context.clock
    this.#scopes = node.tables.length
    this.#identity =
      node.emission === 'smart' ? [...new Set([0, ...eventScopes(node.tables)])] : [...node.tables.keys()]
    this.#predicate = node.predicate === undefined ? undefined : compileExpr(node.predicate, this.#clock)
    this.#rows = new CombinationRows(node.tables, env)
    this.#released = env.windowStore(node.store)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { removed, combination } = readChange(asBuffer(record.value), this.#scopes)
    if (removed || !this.#passes(combination)) return
    const identity = identityOf(combination, this.#identity)
    const driverMs = combination[0]?.timestampMs ?? 0
    if (this.#released.fetch(identity, driverMs) !== undefined) return
    this.#released.put(identity, released, driverMs, driverMs)
    this.#counters.recordsOut.value++
    const out = this.#out
    out.value = this.#rows.joined
    out.timestampMs = timeOf(combination)
    this.#next.process(out)
  }

  #passes(combination: Combination): boolean {
    const rows = this.#rows.of(combination)
    if (this.#predicate === undefined) return true
    try {
      return this.#predicate(rows) === true
    } catch (error) {
      const { id, predicate } = this.#node
      const exprs = predicate === undefined ? [] : [predicate]
      throw expressionFailure(error, {
        exprs,
        rows,
        clock: this.#clock,
        by: `It was computed by query operator "${id}".`,
      })
    }
  }
}

const released = Buffer.of(1)
