import type { Column } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import { columnsIn, mapColumns } from '../../expr/columns.ts'
import { keyColumns, type BoundQuery } from './bound-query.ts'
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
    for (const { scope, index } of expressionsOf(query).flatMap(columnsIn)) use(scope, index)
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
    return mapColumns(expr, (column) => ({ ...column, index: this.position(column.scope, column.index) }))
  }
}

/** Scopes of one group share their rows: those that look into a topic by the same columns, and nothing computed. */
function groupsOf(query: BoundQuery): readonly string[] {
  return query.scopes.map((scope) => {
    const join = query.joins.find((candidate) => candidate.scope === scope)
    const columns = join && keyColumns(join)
    return columns === undefined
      ? `scope ${scope.index}`
      : `${scope.topic} by ${columns.map(({ index }) => index).join()}`
  })
}

function expressionsOf(query: BoundQuery): readonly Expr[] {
  return [
    ...query.joins.flatMap((join) => [
      ...join.key,
      ...join.ownKey,
      ...(join.residual === undefined ? [] : [join.residual]),
    ]),
    ...(query.where === undefined ? [] : [query.where]),
    ...query.outputs.map((output) => output.expr),
  ]
}
