/** Runs a plan over rows, one driver row after the other: a few lines that share only expressions with the engine. */
import { assert } from '../../base/assert.ts'
import { rowOfCells, type Row } from '../../data/row.ts'
import type { Column } from '../../data/types.ts'
import { compileExpr } from '../../expr/compile.ts'
import type { LookupJoinNode, SelectNode } from '../../topology/topology.ts'
import type { QueryPlan } from '../sql-query.ts'
import type { OracleTable } from './oracle-fixture.ts'

type Joined = readonly (Row | undefined)[]

export function runPlan(
  plan: QueryPlan,
  tables: Readonly<Record<string, OracleTable>>,
): readonly (readonly unknown[])[] {
  const source = plan.nodes.find((node) => node.kind === 'source')
  const select = plan.nodes.find((node) => node.kind === 'select')
  assert(source !== undefined && select !== undefined, 'a plan has a source and a selection')
  let joined: readonly Joined[] = rowsOf(tables[source.topics[0] ?? ''], source.columns ?? []).map((row) => [
    row,
  ])
  for (const node of plan.nodes) if (node.kind === 'lookup-join') joined = join(node, plan, tables, joined)
  return project(select, joined)
}

function rowsOf(table: OracleTable | undefined, columns: readonly Column[]): readonly Row[] {
  assert(table !== undefined, 'a plan reads the tables of its test')
  const positions = columns.map((column) => table.columns.findIndex((own) => own.name === column.name))
  return table.rows.map((cells) =>
    rowOfCells(
      columns,
      positions.map((position) => cells[position]),
    ),
  )
}

function join(
  node: LookupJoinNode,
  plan: QueryPlan,
  tables: Readonly<Record<string, OracleTable>>,
  joined: readonly Joined[],
): readonly Joined[] {
  const table = plan.nodes.find((candidate) => candidate.id === node.table)
  assert(table?.kind === 'global-table', 'a look-up reads a global table')
  const index = (table.index ?? []).map((part) => compileExpr(part))
  const rows = new Map<string, Row>()
  for (const row of rowsOf(tables[table.topic], table.columns ?? [])) {
    rows.set(JSON.stringify(index.map((part) => String(part([row])))), row)
  }
  const key = node.key.map((expr) => compileExpr(expr))
  const residual = node.residual && compileExpr(node.residual)
  return joined.flatMap((before): readonly Joined[] => {
    const values = key.map((evaluate) => evaluate(before))
    const found = values.includes(null) ? undefined : rows.get(JSON.stringify(values.map(String)))
    const after = [...before, found]
    if (found !== undefined && (residual === undefined || residual(after) === true)) return [after]
    return node.type === 'left' ? [[...before, undefined]] : []
  })
}

function project(node: SelectNode, joined: readonly Joined[]): readonly (readonly unknown[])[] {
  const where = node.where && compileExpr(node.where)
  const cells = node.cells.map((cell) => compileExpr(cell))
  return joined
    .filter((rows) => where === undefined || where(rows) === true)
    .map((rows) =>
      node.layout.columns.map((column) => {
        if (column.from === 'cell') return cells[column.index]?.(rows)
        // Read as an expression, so that text of a timestamp is one.
        return compileExpr({ kind: 'column', ...column })(rows)
      }),
    )
}
