/** What makes groups: `groupByKey` and `groupBy`. */
import { unknownFormat, type Flow, type GroupedFlow, type TableFlow } from '../flow.ts'
import type { DataType } from '../../../data/types.ts'
import type { NodeId } from '../../../topology/topology.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import { addNode, useFunction } from '../scope.ts'
import { refuseFlow, repartitionBy, statefulName, type Step } from './step.ts'

export function applyGroupByKey(step: Step<FieldsOf<'groupByKey'>>): Flow | undefined {
  const { scope, flow, fields, place } = step
  if (flow.kind === 'table') {
    scope.diagnostics.error('DEFINITION_INVALID', `${place.label} cannot be applied to a table`, place.span, {
      detail: 'The rows of a table are grouped by its key already.',
      hint: 'Use "groupBy" to group them by another one.',
    })
    return undefined
  }
  if (flow.kind !== 'stream') return refuseFlow(step)
  const name = statefulName(step)
  const repartition = flow.rekeyed ? (scope.stores.nameOf(fields.store) ?? name) : undefined
  return { kind: 'grouped', node: flow.node, key: flow.key, value: flow.value, repartition }
}

export function applyGroupBy(step: Step<FieldsOf<'groupBy'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind === 'table') return groupTable(step, flow)
  if (flow.kind !== 'stream') return refuseFlow(step)
  const mapper = useFunction(scope, fields.mapper, place, {
    kind: 'keyValueMapper',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
  })
  const id = statefulName(step)
  if (mapper === undefined) return undefined
  scope.names.skip(1)
  addNode(scope, { kind: 'transform', id, input: flow.node, result: 'key', mapper: mapper.ref, table: false })
  const repartition = scope.stores.nameOf(fields.store) ?? id
  return { kind: 'grouped', node: id, key: mapper.result.format, value: flow.value, repartition }
}

const any: DataType = { kind: 'any' }
const pair: DataType = { kind: 'tuple', of: [any, any] }

function groupTable(step: Step<FieldsOf<'groupBy'>>, flow: TableFlow): Flow | undefined {
  const { scope, place, fields } = step
  const mapper = useFunction(scope, fields.mapper, place, {
    kind: 'keyValueMapper',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
    result: pair,
  })
  const id = statefulName(step)
  if (mapper === undefined) return undefined
  scope.names.skip(1)
  const [key, value] = mapper.result.members.map(({ format }) => format)
  const formats = { key: key ?? unknownFormat, value: value ?? unknownFormat }
  addNode(scope, { kind: 'table-group', id, input: flow.node, mapper: mapper.ref, key: formats.key })
  const repartition = scope.stores.nameOf(fields.store) ?? id
  return { kind: 'groupedTable', node: id, ...formats, repartition }
}

/** The internal topic of a group; two folds of one group share it. */
export function regroup({ scope }: Step<unknown>, flow: GroupedFlow, name: string): NodeId {
  return sharedTopic(scope, flow.node, name) ?? repartitionBy(scope, flow, name)
}

/** The internal topic that an operation before this one made of the same node, under the same name. */
export function sharedTopic(scope: Step<unknown>['scope'], input: NodeId, name: string): NodeId | undefined {
  const topic = `${name}-repartition`
  return scope.nodes.find(
    (node) => node.kind === 'repartition' && node.input === input && node.topic === topic,
  )?.id
}
