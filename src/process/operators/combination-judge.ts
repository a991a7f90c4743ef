import type { Clock } from '../../base/clock.ts'
import type { Row } from '../../data/row.ts'
import { compileExpr, type Evaluate } from '../../expr/compile.ts'
import type { CombinationNode, ReleaseNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { expressionFailure } from './expression-failure.ts'
import { LookUpTable } from './look-up.ts'

/** Whether the rows of a combination may go on: what is looked up by them is found or may be absent, and the predicate is TRUE. */
export class CombinationJudge {
  readonly #node: CombinationNode | ReleaseNode
  readonly #clock: Clock
  readonly #lookups: readonly LookUpTable[]
  readonly #predicate: Evaluate | undefined

  constructor(node: CombinationNode | ReleaseNode, env: ProcessEnvironment) {
    this.#node = node
    this.#clock = env.context.clock
    this.#lookups = node.lookups.map((spec) => new LookUpTable(spec, env, this.#by))
    this.#predicate = node.predicate === undefined ? undefined : compileExpr(node.predicate, this.#clock)
  }

  /** Puts the rows that are found into their scopes. */
  passes(rows: (Row | undefined)[]): boolean {
    let found = true
    // Those behind one that fails have no row of another record left.
    for (const lookup of this.#lookups) found = lookup.find(rows) && found
    if (!found || this.#predicate === undefined) return found
    try {
      return this.#predicate(rows) === true
    } catch (error) {
      const { predicate } = this.#node
      const exprs = predicate === undefined ? [] : [predicate]
      throw expressionFailure(error, { exprs, rows, clock: this.#clock, by: this.#by })
    }
  }

  get #by(): string {
    return `It was computed by query operator "${this.#node.id}".`
  }
}
