import { formatDuration } from '../../../base/duration.ts'
import type { StreamTableJoinNode } from '../../../topology/stream-table-nodes.ts'
import type { NodeId } from '../../../topology/topology.ts'
import type { Flow, StreamFlow, TableFlow } from '../flow.ts'
import { addNode, useFunction } from '../scope.ts'
import { hasSameKey, useJoiner, warnForeignKey, type JoinStep } from './join-step.ts'
import { joinStreams } from './joining-streams.ts'
import { joinTables } from './joining-tables.ts'
import { refuseFlow, repartitionBy, resolveTarget, statefulName, statelessName, warnUnused } from './step.ts'

/** `join`, `leftJoin` and `outerJoin`: what is joined is told by what comes in and by which target is named. */
export function applyJoin(step: JoinStep): Flow | undefined {
  const { scope, flow, place, fields } = step
  const targets = [fields.stream, fields.table, fields.globalTable].filter((target) => target !== undefined)
  if (targets.length !== 1) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `${place.label} needs either "stream", "table" or "globalTable"`,
      place.span,
      {
        hint: 'Give exactly one of them.',
      },
    )
    return undefined
  }
  if (flow.kind !== 'stream' || fields.table === undefined)
    warnUnused(
      step,
      'maxAge',
      fields.maxAge,
      'Only a row that is joined with a record of a stream has an age.',
    )
  if (flow.kind === 'table') return joinTables(step, flow)
  if (flow.kind !== 'stream') return refuseFlow(step)
  warnForeignKey(step)
  if (fields.stream !== undefined) return joinStreams(step, flow)
  if (step.type === 'outerJoin') return refuseOuter(step)
  warnUnused(step, 'store', fields.store, 'The result of a join of a stream is not kept.')
  return fields.globalTable === undefined ? joinTable(step, flow) : joinGlobalTable(step, flow)
}

function refuseOuter({ scope, place }: JoinStep): undefined {
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `${place.label} cannot join a stream with a table`,
    place.span,
    {
      detail: 'A row of a table comes at no time of its own, so that nothing says when it has no partner.',
      hint: 'Use "leftJoin".',
    },
  )
  return undefined
}

function joinTable(step: JoinStep, flow: StreamFlow): Flow | undefined {
  const { scope, fields } = step
  const target = fields.table
  if (target === undefined) return undefined
  const table = resolveTarget(step, target, 'table')
  const id = statefulName(step)
  if (table?.kind !== 'table') return undefined
  warnUnused(step, 'mapper', fields.mapper, 'A table is joined on equal keys; "mapper" is for global tables.')
  const joiner = useJoiner(step, [flow.key.type, flow.value.type, table.value.type])
  const wait = graceOf(step, { flow, table, id })
  const age = ageOf(step, table)
  if (!hasSameKey(step, flow, table)) return undefined
  if (joiner === undefined || wait === undefined || age === undefined) return undefined
  const input = flow.rekeyed ? repartitionBy(scope, flow, id) : flow.node
  scope.names.skip(1)
  addNode(scope, {
    kind: 'stream-table-join',
    id,
    input,
    table: table.node,
    type: step.type === 'leftJoin' ? 'left' : 'inner',
    joiner: joiner.ref,
    ...wait,
    ...age,
  })
  return { ...flow, node: id, value: joiner.result.format, rekeyed: false }
}

/** Only a row that has a time can be too old: undefined, and a complaint, where it has none. */
function ageOf(
  { scope, place, fields }: JoinStep,
  { historyMs }: TableFlow,
): Pick<StreamTableJoinNode, 'maxAgeMs'> | undefined {
  const { maxAge } = fields
  if (maxAge === undefined) return {}
  if (historyMs !== undefined) return { maxAgeMs: maxAge.value }
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `"maxAge" of ${place.label} needs a versioned table`,
    maxAge.span,
    {
      hint: 'Give the table "store: { type: keyValue, versioned: true, historyRetention: 1h, persistent: true }".',
    },
  )
  return undefined
}

interface Waiting {
  readonly flow: StreamFlow
  readonly table: TableFlow
  readonly id: NodeId
}

/** How long the stream waits for the table, if it does; undefined, and a complaint, where that would be for nothing. */
function graceOf(
  { scope, place, fields }: JoinStep,
  { flow, table, id }: Waiting,
): Pick<StreamTableJoinNode, 'grace'> | undefined {
  const { grace } = fields
  if (grace === undefined) return {}
  if (table.historyMs === undefined) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `"grace" of ${place.label} needs a versioned table`,
      grace.span,
      {
        detail:
          'A record that has waited is joined with the row as it was at its time: the table must know that.',
        hint: 'Give the table "store: { type: keyValue, versioned: true, historyRetention: 1h, persistent: true }".',
      },
    )
    return undefined
  }
  if (grace.value > table.historyMs) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `"grace" of ${place.label} is longer than the history of its table`,
      grace.span,
      { hint: `Raise "historyRetention" of the table's store to at least ${formatDuration(grace.value)}.` },
    )
    return undefined
  }
  const store = scope.stores.addOwn(`${id}-Buffer`, { persistent: true })
  return { grace: { ms: grace.value, store, key: flow.key, value: flow.value } }
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
