import type { Column, Format } from '../../data/types.ts'
import type { SelectedColumn } from '../../data/selected-row.ts'
import { mapColumns } from '../../expr/columns.ts'
import type { Expr } from '../../expr/expr.ts'
import type {
  GlobalTableNode,
  LookupJoinNode,
  Node,
  NodeId,
  SelectNode,
  SinkNode,
  StoreSpec,
} from '../../topology/topology.ts'
import { jsonRows } from '../catalog.ts'
import { keyColumns, type BoundJoin, type BoundOutput, type BoundQuery } from './bound-query.ts'
import { textKey } from './query-formats.ts'
import type { JoinPlan, NodePlan, PlanTarget } from './node-plan.ts'
import { planTtlJoins } from './plan-ttl-joins.ts'
import { UsedColumns } from './used-columns.ts'

/** The nodes of a query: sources, joins from left to right, selection, sink. Only columns that are used are read. */
export function planNodes(query: BoundQuery, target: PlanTarget): NodePlan {
  const planner = new NodePlanner(query, target)
  return planner.plan()
}

class NodePlanner {
  readonly #query: BoundQuery
  readonly #target: PlanTarget
  readonly #used: UsedColumns

  constructor(query: BoundQuery, target: PlanTarget) {
    this.#query = query
    this.#target = target
    this.#used = new UsedColumns(query)
  }

  plan(): NodePlan {
    const { name, topic } = this.#target
    const waits = this.#query.joins.some(({ scope }) => scope.role !== 'lookup')
    const joined = waits ? planTtlJoins(this.#query, this.#used, this.#target) : this.#lookUps()
    const select = this.#select(joined.last, waits ? undefined : this.#query.where)
    const sink: SinkNode = {
      kind: 'sink',
      id: `${name}/sink`,
      input: select.id,
      topic: { kind: 'topic', name: topic },
      key: textKey,
      value: this.#target.value,
    }
    return { nodes: [...joined.nodes, select, sink], stores: joined.stores }
  }

  /** The driver, and look-ups from left to right. */
  #lookUps(): JoinPlan {
    const tables = this.#tables()
    const source: NodeId = `${this.#target.name}/source`
    const joins = this.#query.joins.map((join, index) =>
      this.#join(join, index === 0 ? source : this.#joinId(index - 1)),
    )
    const nodes: Node[] = [
      {
        kind: 'source',
        id: source,
        topics: [this.#query.scopes[0]?.topic ?? ''],
        key: textKey,
        value: this.#query.scopes[0]?.format ?? jsonRows,
        columns: this.#used.columnsOf(0),
      },
      ...tables.map(({ node }) => node),
      ...joins,
    ]
    return { nodes, stores: tables.map(({ store }) => store), last: joins.at(-1)?.id ?? source }
  }

  /** One copy of a dimension for all joins that look into it by the same columns. */
  #tables(): readonly { readonly node: GlobalTableNode; readonly store: StoreSpec }[] {
    const seen = new Set<string>()
    return this.#query.joins.flatMap((join) => {
      const store = this.#tableName(join)
      if (seen.has(store)) return []
      seen.add(store)
      const columns = this.#used.columnsOf(join.scope.index)
      const index = join.ownKey.map((part) => ofOneRow(this.#used.renumber(part)))
      const [id, { topic, format: value }] = [this.#tableId(join), join.scope]
      return [
        {
          node: { kind: 'global-table', id, topic, key: textKey, value, columns, index, store },
          store: storeOf(store, value, columns),
        },
      ]
    })
  }

  #tableName(join: BoundJoin): string {
    return [this.#target.name, join.scope.topic, ...indexNames(join)].join('-')
  }

  #tableId(join: BoundJoin): NodeId {
    return `${this.#target.name}/table ${join.scope.topic} by ${indexNames(join).join(', ')}`
  }

  #joinId(index: number): NodeId {
    return `${this.#target.name}/join ${this.#query.joins[index]?.scope.alias}`
  }

  #join(join: BoundJoin, input: NodeId): LookupJoinNode {
    const residual = join.residual && this.#used.renumber(join.residual)
    return {
      kind: 'lookup-join',
      id: `${this.#target.name}/join ${join.scope.alias}`,
      input,
      table: this.#tableId(join),
      type: join.type,
      key: join.key.map((expr) => this.#used.renumber(expr)),
      ...(residual === undefined ? {} : { residual }),
      scope: join.scope.index,
    }
  }

  #select(input: NodeId, where: Expr | undefined): SelectNode {
    const { outputs } = this.#query
    const cells: Expr[] = []
    const columns = outputs.map((output) => this.#selected(output, cells))
    const keyColumn = columns.findIndex((column) => column.name === this.#target.keyColumn)
    return {
      kind: 'select',
      id: `${this.#target.name}/select`,
      input,
      ...(where === undefined ? {} : { where: this.#used.renumber(where) }),
      layout: { columns },
      cells,
      ...(keyColumn < 0 ? {} : { keyColumn }),
    }
  }

  /** A column that passes through as it is written names its place; others are cells. */
  #selected({ name, expr }: BoundOutput, cells: Expr[]): SelectedColumn {
    if (expr.kind === 'column' && this.#copies(expr.scope)) {
      const index = this.#used.position(expr.scope, expr.index)
      return { name, type: expr.type, from: 'row', scope: expr.scope, index, sourceName: expr.name }
    }
    const value = this.#used.renumber(expr)
    const cell = isJson(this.#target.value) ? asJson(value) : value
    return { name, type: cell.type, from: 'cell', index: cells.push(cell) - 1 }
  }

  /** Text is copied from JSON to JSON; other formats have types, and values change with the format. */
  #copies(scope: number): boolean {
    return isJson(this.#target.value) && isJson(this.#query.scopes[scope]?.format ?? jsonRows)
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

function isJson({ notation }: Format): boolean {
  return notation === jsonRows.notation
}

/** Days, times of a day and spans are text in JSON; timestamps are written so by the format. */
function asJson(expr: Expr): Expr {
  const spelled = ['date', 'time', 'interval'].includes(expr.type.kind)
  return spelled ? { kind: 'cast', input: expr, tolerant: false, type: { kind: 'string' } } : expr
}

function storeOf(name: string, value: Format, columns: readonly Column[]): StoreSpec {
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
