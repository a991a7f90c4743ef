import { asBuffer } from '../../base/as-buffer.ts'
import type { Clock } from '../../base/clock.ts'
import { scopesOf } from '../../expr/columns.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { eventScopes, Lifetimes, withMember, type Combination, type Member } from './combination.ts'
import { CombinationOutlet, readChange, type CombinationChange } from './combination-outlet.ts'
import { CombinationRows } from './combination-rows.ts'
import { CombinationStore } from './combination-store.ts'
import { expressionFailure } from './expression-failure.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'

/** What joins with a dimension and with events have in common: the left side's store, the condition, the way out. */
export class TtlJoinParts {
  readonly node: TtlJoinNode
  readonly lifetimes: Lifetimes
  readonly left: CombinationStore
  readonly outlet: CombinationOutlet
  /** Whether somebody counts the driver's records that end without a result. */
  readonly #tellsWaiting: boolean
  readonly #residual: Evaluate | undefined
  readonly #rows: CombinationRows
  readonly #clock: Clock
  /** That the residual reads. */
  readonly #scopes: readonly number[]
  readonly #counters: NodeCounters

  constructor(node: TtlJoinNode, env: ProcessEnvironment, next: Processor) {
    const { id, tables, scope, nextKey: key } = node
    const rows = new CombinationRows(tables, env)
    this.node = node
    this.#clock = env.context.clock
    this.lifetimes = new Lifetimes(tables, env.context)
    this.left = new CombinationStore({
      stores: node.leftStores,
      env,
      scopes: tables.length,
      identity: eventScopes(tables.slice(0, scope)),
      lifetimes: this.lifetimes,
    })
    this.outlet = new CombinationOutlet({
      node: id,
      key,
      rowsOf: (of, scopes) => rows.some(of, scopes),
      env,
      next,
    })
    this.#residual = node.residual === undefined ? undefined : compileExpr(node.residual, this.#clock)
    this.#tellsWaiting = node.type === 'inner' && tables[0]?.timeToLiveMs !== undefined
    this.#rows = rows
    this.#scopes = node.residual === undefined ? [] : scopesOf([node.residual])
    this.#counters = nodeCounters(env.metrics, id)
  }

  read(record: StreamRecord): CombinationChange {
    this.#counters.recordsIn.value++
    return readChange(asBuffer(record.value), this.node.tables.length)
  }

  /** A combination has come that this join has nothing for. */
  tellWaiting(combination: Combination): void {
    if (this.#tellsWaiting) this.outlet.tellWaiting(combination)
  }

  with(combination: Combination, member: Member | undefined): Combination {
    return withMember(combination, this.node.scope, member)
  }

  /** Whether the rest of the condition holds; keys are equal already. */
  matches(combination: Combination, member: Member): boolean {
    if (this.#residual === undefined) return true
    const rows = this.#rows.some(this.with(combination, member), this.#scopes)
    try {
      return this.#residual(rows) === true
    } catch (error) {
      const { id, residual } = this.node
      const exprs = residual === undefined ? [] : [residual]
      throw expressionFailure(error, {
        exprs,
        rows,
        clock: this.#clock,
        by: `It was computed by join "${id}".`,
      })
    }
  }
}
