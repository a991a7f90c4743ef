import { isSameType } from '../../../data/assignable.ts'
import { describeFormat } from '../../../data/type-strings.ts'
import type { Format } from '../../../data/types.ts'
import type { Fold, NodeId } from '../../../topology/topology.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow, GroupedFlow } from '../flow.ts'
import { addNode, useFunction } from '../scope.ts'
import type { StoreReference } from '../store-registry.ts'
import { refuseFlow, repartitionBy, statefulName, type Step } from './step.ts'

const long: Format = { notation: 'binary', type: { kind: 'long' } }

export function applyGroupByKey(step: Step<FieldsOf<'groupByKey'>>): Flow | undefined {
  const { scope, flow, fields } = step
  if (flow.kind !== 'stream') return refuseGroup(step)
  const name = statefulName(step)
  const repartition = flow.rekeyed ? (scope.stores.nameOf(fields.store) ?? name) : undefined
  return { kind: 'grouped', node: flow.node, key: flow.key, value: flow.value, repartition }
}

export function applyGroupBy(step: Step<FieldsOf<'groupBy'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'stream') return refuseGroup(step)
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

function refuseGroup(step: Step<unknown>): undefined {
  if (step.flow.kind !== 'table') return refuseFlow(step)
  step.scope.diagnostics.error('NOT_SUPPORTED', 'grouping a table is not supported yet', step.place.span, {
    hint: 'Group the stream that the table is made of.',
  })
  return undefined
}

export function applyCount(step: Step<FieldsOf<'count'>>): Flow | undefined {
  return step.flow.kind === 'grouped'
    ? foldInto(step, step.flow, { fold: { kind: 'count' }, value: long })
    : needsGroup(step)
}

export function applyReduce(step: Step<FieldsOf<'reduce'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'grouped') return needsGroup(step)
  const { value } = flow
  const reducer = useFunction(scope, fields.reducer, place, {
    kind: 'reducer',
    field: 'reducer',
    arguments: [value.type, value.type],
    result: value.type,
  })
  if (reducer === undefined) return undefined
  return foldInto(step, flow, { fold: { kind: 'reduce', reducer: reducer.ref }, value })
}

export function applyAggregate(step: Step<FieldsOf<'aggregate'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'grouped') return needsGroup(step)
  const initializer = useFunction(scope, fields.initializer, place, {
    kind: 'initializer',
    field: 'initializer',
  })
  const value = initializer?.result.format
  const aggregator = useFunction(scope, fields.aggregator, place, {
    kind: 'aggregator',
    field: 'aggregator',
    arguments: [flow.key.type, flow.value.type, value?.type],
  })
  if (initializer === undefined || aggregator === undefined || value === undefined) return undefined
  if (!isSameType(value.type, aggregator.result.format.type)) {
    scope.diagnostics.error(
      'TYPE_INVALID',
      'initializer and aggregator return different types',
      aggregator.span,
      {
        detail: `The initializer returns ${describeFormat(value)}, the aggregator ${describeFormat(aggregator.result.format)}.`,
        hint: 'Give both the same "resultType".',
      },
    )
    return undefined
  }
  const fold: Fold = { kind: 'aggregate', initializer: initializer.ref, aggregator: aggregator.ref }
  return foldInto(step, flow, { fold, value })
}

function needsGroup(step: Step<unknown>): undefined {
  step.scope.diagnostics.error(
    'DEFINITION_INVALID',
    `${step.place.label} needs a grouped stream`,
    step.place.span,
    {
      hint: 'Put "type: groupByKey" or "type: groupBy" before it.',
    },
  )
  return undefined
}

interface FoldFields {
  readonly name: FieldsOf<'count'>['name']
  readonly store: StoreReference | undefined
}

function foldInto(
  step: Step<FoldFields>,
  flow: GroupedFlow,
  { fold, value }: { readonly fold: Fold; readonly value: Format },
): Flow | undefined {
  const { scope, place, fields } = step
  const store = scope.stores.materialise({
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix: fold.kind === 'reduce' ? 'KSTREAM-REDUCE' : 'KSTREAM-AGGREGATE',
    key: flow.key,
    value,
    label: place.label,
  })
  const id = statefulName(step)
  scope.names.skip(1)
  if (store === undefined) return undefined
  const input = flow.repartition === undefined ? flow.node : regroup(step, flow, flow.repartition)
  addNode(scope, { kind: 'aggregate', id, input, fold, store })
  return { kind: 'table', node: id, key: flow.key, value, store }
}

/** The internal topic of a group; two folds of one group share it. */
function regroup({ scope }: Step<unknown>, flow: GroupedFlow, name: string): NodeId {
  const known = scope.nodes.find(
    (node) => node.kind === 'repartition' && node.input === flow.node && node.topic === `${name}-repartition`,
  )
  return known?.id ?? repartitionBy(scope, flow, name)
}
