import type { Format } from '../../data/types.ts'
import type { SelectedColumn } from '../../data/selected-row.ts'
import { allOf } from '../../expr/conjunction.ts'
import type { Expr } from '../../expr/expr.ts'
import type { LookupJoinNode, Node, NodeId, SelectNode, SinkNode } from '../../topology/topology.ts'
import { jsonRows } from '../catalog.ts'
import type { BoundJoin, BoundOutput, BoundQuery } from './bound-query.ts'
import { textKey } from './query-formats.ts'
import type { JoinPlan, NodePlan, PlanTarget } from './node-plan.ts'
import { LookUpPlanner } from './plan-look-ups.ts'
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
  readonly #lookUpPlanner: LookUpPlanner

  constructor(query: BoundQuery, target: PlanTarget) {
    this.#query = query
    this.#target = target
    this.#used = new UsedColumns(query)
    this.#lookUpPlanner = new LookUpPlanner(target.name, this.#used)
  }

  plan(): NodePlan {
    const { name, topic } = this.#target
    const waits = this.#query.joins.some(({ scope }) => scope.role !== 'lookup')
    const joined = waits ? planTtlJoins(this.#query, this.#used, this.#target) : this.#lookUps()
    const select = this.#select(
      joined.last,
      waits ? undefined : allOf([this.#query.where ?? [], this.#target.required].flat()),
    )
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
    const tables = this.#lookUpPlanner.tables(this.#query.joins)
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

  #joinId(index: number): NodeId {
    return `${this.#target.name}/join ${this.#query.joins[index]?.scope.alias}`
  }

  #join(join: BoundJoin, input: NodeId): LookupJoinNode {
    const id = `${this.#target.name}/join ${join.scope.alias}`
    return { kind: 'lookup-join', id, input, ...this.#lookUpPlanner.lookUp(join) }
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

function isJson({ notation }: Format): boolean {
  return notation === jsonRows.notation
}

/** Days, times of a day and spans are text in JSON; timestamps are written so by the format. */
function asJson(expr: Expr): Expr {
  const spelled = ['date', 'time', 'interval'].includes(expr.type.kind)
  return spelled ? { kind: 'cast', input: expr, tolerant: false, type: { kind: 'string' } } : expr
}
