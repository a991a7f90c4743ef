/** The copies of dimensions that a query looks into, and how it does. */
import { assert } from '../../base/assert.ts'
import { mapColumns } from '../../expr/columns.ts'
import type { Expr } from '../../expr/expr.ts'
import type { Column, Format } from '../../data/types.ts'
import type { LookUp } from '../../topology/ttl-join-nodes.ts'
import type { GlobalTableNode, KeyValueStoreSpec, NodeId } from '../../topology/topology.ts'
import { keyColumns, type BoundJoin } from './bound-query.ts'
import { textKey } from './query-formats.ts'
import type { UsedColumns } from './used-columns.ts'

export class LookUpPlanner {
  readonly #name: string
  readonly #used: UsedColumns

  constructor(name: string, used: UsedColumns) {
    this.#name = name
    this.#used = used
  }

  /** One copy of a dimension for all joins that look into it by the same columns. */
  tables(
    joins: readonly BoundJoin[],
  ): readonly { readonly node: GlobalTableNode; readonly store: KeyValueStoreSpec }[] {
    return [...Map.groupBy(joins, (join) => this.#storeName(join))].map(([store, [join]]) => {
      assert(join !== undefined, 'a group of joins has a first one')
      const columns = this.#used.columnsOf(join.scope.index)
      const index = join.ownKey.map((part) => ofOneRow(this.#used.renumber(part)))
      const [id, { topic, format: value }] = [this.#tableId(join), join.scope]
      return {
        node: { kind: 'global-table', id, topic, key: textKey, value, columns, index, store },
        store: storeOf(store, value, columns),
      }
    })
  }

  lookUp(join: BoundJoin): LookUp {
    const residual = join.residual && this.#used.renumber(join.residual)
    return {
      table: this.#tableId(join),
      type: join.type,
      key: join.key.map((expr) => this.#used.renumber(expr)),
      ...(residual === undefined ? {} : { residual }),
      scope: join.scope.index,
    }
  }

  #storeName(join: BoundJoin): string {
    return [this.#name, join.scope.topic, ...indexNames(join)].join('-')
  }

  #tableId(join: BoundJoin): NodeId {
    return `${this.#name}/table ${join.scope.topic} by ${indexNames(join).join(', ')}`
  }
}

/** The columns by which a copy is looked up; one by what is computed serves one join, and is called by its alias. */
function indexNames(join: BoundJoin): readonly string[] {
  return keyColumns(join)?.map(({ name }) => name) ?? [`key of ${join.scope.alias}`]
}

/** An expression over a topic's row alone. */
function ofOneRow(expr: Expr): Expr {
  return mapColumns(expr, (column) => ({ ...column, scope: 0 }))
}

function storeOf(name: string, value: Format, columns: readonly Column[]): KeyValueStoreSpec {
  return {
    name,
    kind: 'key-value',
    key: textKey,
    value,
    columns,
    timestamped: false,
    persistent: false,
    caching: false,
    logging: 'none',
  }
}
