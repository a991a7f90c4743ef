import type { Column } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import type { BoundQuery } from './bound-query.ts'
import type { Scope } from './scope.ts'

/**
 * Which columns of each topic a query reads. Expressions number columns as the catalog does; rows hold only the used ones. Scopes that
 * look into one copy of a dimension share its rows, so also its numbers.
 */
export class UsedColumns {
  /** By scope, ascending catalog numbers. */
  readonly #used: readonly (readonly number[])[]
  readonly #scopes: readonly Scope[]

  constructor(query: BoundQuery) {
    this.#scopes = query.scopes
    const groups = groupsOf(query)
    const sets = new Map(groups.map((group) => [group, new Set<number>()]))
    const use = (scope: number, index: number): void => void sets.get(groups[scope] ?? '')?.add(index)
    for (const expr of expressionsOf(query)) walk(expr, use)
    for (const join of query.joins) for (const index of join.keyColumns) use(join.scope.index, index)
    this.#used = groups.map((group) => [...(sets.get(group) ?? [])].toSorted((a, b) => a - b))
  }

  columnsOf(scope: number): readonly Column[] {
    return (this.#used[scope] ?? []).flatMap((index) => this.#scopes[scope]?.columns[index] ?? [])
  }

  /** The number in a row of a column by its number in the catalog. */
  position(scope: number, index: number): number {
    return this.#used[scope]?.indexOf(index) ?? -1
  }

  renumber(expr: Expr): Expr {
    switch (expr.kind) {
      case 'literal':
        return expr
      case 'column':
        return { ...expr, index: this.position(expr.scope, expr.index) }
      case 'cast':
        return { ...expr, input: this.renumber(expr.input) }
      case 'call':
        return { ...expr, args: expr.args.map((arg) => this.renumber(arg)) }
      case 'case':
        return {
          ...expr,
          branches: expr.branches.map(({ when, value }) => ({
            when: this.renumber(when),
            value: this.renumber(value),
          })),
          otherwise: this.renumber(expr.otherwise),
        }
    }
  }
}

/** Scopes of one group share their rows: those that look into a topic by the same columns. */
function groupsOf(query: BoundQuery): readonly string[] {
  return query.scopes.map((scope) => {
    const join = query.joins.find((candidate) => candidate.scope === scope)
    return join === undefined ? 'driver' : `${scope.topic} by ${join.keyColumns.join()}`
  })
}

function expressionsOf(query: BoundQuery): readonly Expr[] {
  return [
    ...query.joins.flatMap((join) => [...join.key, ...(join.residual === undefined ? [] : [join.residual])]),
    ...(query.where === undefined ? [] : [query.where]),
    ...query.outputs.map((output) => output.expr),
  ]
}

function walk(expr: Expr, use: (scope: number, index: number) => void): void {
  switch (expr.kind) {
    case 'literal':
      return
    case 'column':
      return use(expr.scope, expr.index)
    case 'cast':
      return walk(expr.input, use)
    case 'call':
      for (const arg of expr.args) walk(arg, use)
      return
    case 'case':
      for (const branch of expr.branches) {
        walk(branch.when, use)
        walk(branch.value, use)
      }
      walk(expr.otherwise, use)
  }
}
