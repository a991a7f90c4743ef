import { isSameType } from '../../../data/assignable.ts'
import type { DataType } from '../../../data/types.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow, StreamFlow } from '../flow.ts'
import type { Callee } from '../function-registry.ts'
import { addNode, useFunction } from '../scope.ts'
import {
  describeSides,
  refuseFlow,
  repartitionBy,
  resolveTarget,
  statefulName,
  statelessName,
  warnUnused,
  type Step,
} from './step.ts'

type JoinStep = Step<FieldsOf<'join' | 'leftJoin'>>

/** `join` and `leftJoin` of a stream, with a table or a global table. */
export function applyJoin(step: JoinStep): Flow | undefined {
  const { scope, flow, place, fields } = step
  const { table, globalTable } = fields
  if ((table === undefined) === (globalTable === undefined)) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `${place.label} needs either "table" or "globalTable"`,
      place.span,
      {
        hint: 'Give exactly one of the two.',
      },
    )
    return undefined
  }
  if (flow.kind === 'table') {
    scope.diagnostics.error('NOT_SUPPORTED', 'joins of two tables are not supported yet', place.span, {
      hint: 'Put "type: toStream" before the join, so that the changes of one side are joined with the other.',
    })
    return undefined
  }
  if (flow.kind !== 'stream') return refuseFlow(step)
  warnUnused(step, 'store', fields.store, 'The result of a join of a stream is not kept.')
  return globalTable === undefined ? joinTable(step, flow) : joinGlobalTable(step, flow)
}

function joinTable(step: JoinStep, flow: StreamFlow): Flow | undefined {
  const { scope, place, fields } = step
  const target = fields.table
  if (target === undefined) return undefined
  warnUnused(step, 'mapper', fields.mapper, 'A table is joined on equal keys; "mapper" is for global tables.')
  const table = resolveTarget(step, target, 'table')
  const id = statefulName(step)
  if (table?.kind !== 'table') return undefined
  const joiner = useJoiner(step, [flow.key.type, flow.value.type, table.value.type])
  if (!isSameType(flow.key.type, table.key.type)) {
    scope.diagnostics.error(
      'JOIN_NOT_COPARTITIONED',
      'could not join on keys of different types',
      place.span,
      {
        detail: `The keys of stream and table are ${describeSides(flow.key, table.key)}.`,
        hint: 'Give the stream the key of the table before, with "transformKey".',
      },
    )
    return undefined
  }
  if (table.store === undefined) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      'the rows of the joined table are not kept anywhere',
      place.span,
      {
        hint: 'Give the last operation of that table a "store".',
      },
    )
    return undefined
  }
  if (joiner === undefined) return undefined
  const input = flow.rekeyed ? repartitionBy(scope, flow, id) : flow.node
  scope.names.skip(1)
  addNode(scope, {
    kind: 'stream-table-join',
    id,
    input,
    table: table.node,
    store: table.store,
    type: step.type === 'leftJoin' ? 'left' : 'inner',
    joiner: joiner.ref,
  })
  return { ...flow, node: id, value: joiner.result.format, rekeyed: false }
}

function joinGlobalTable(step: JoinStep, flow: StreamFlow): Flow | undefined {
  const { scope, place, fields } = step
  const { globalTable, mapper: finder } = fields
  if (globalTable === undefined) return undefined
  const table = resolveTarget(step, globalTable, 'globalTable')
  const id = statelessName(step)
  if (finder === undefined) {
    scope.diagnostics.error('DEFINITION_INVALID', `"mapper" is missing in ${place.label}`, place.span, {
      detail: 'It finds the key to look up in the global table.',
      hint: 'Add, for example, "mapper: { resultType: string, expression: value[\'city\'] }".',
    })
    return undefined
  }
  if (table?.kind !== 'globalTable') return undefined
  const mapper = useFunction(scope, finder, place, {
    kind: 'keyValueMapper',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
    result: table.key.type,
  })
  const joiner = useJoiner(step, [flow.key.type, flow.value.type, table.value.type])
  if (mapper === undefined || joiner === undefined) return undefined
  scope.names.skip(1)
  addNode(scope, {
    kind: 'global-join',
    id,
    input: flow.node,
    table: table.node,
    type: step.type === 'leftJoin' ? 'left' : 'inner',
    mapper: mapper.ref,
    joiner: joiner.ref,
  })
  return { ...flow, node: id, value: joiner.result.format }
}

function useJoiner({ scope, place, fields }: JoinStep, types: readonly DataType[]): Callee | undefined {
  return useFunction(scope, fields.valueJoiner, place, {
    kind: 'valueJoiner',
    field: 'valueJoiner',
    arguments: types,
  })
}
