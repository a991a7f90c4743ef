/** What is made of groups: `count`, `reduce` and `aggregate`. */
import type { SourceSpan } from '../../../base/errors.ts'
import { isSameType } from '../../../data/assignable.ts'
import { describeFormat } from '../../../data/type-strings.ts'
import type { Format } from '../../../data/types.ts'
import type { FunctionRef } from '../../../topology/functions.ts'
import type { AggregateNode, Fold, NodeId, TableFold } from '../../../topology/topology.ts'
import type { Windows } from '../../../topology/windows.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { FunctionFields } from '../fields/function-fields.ts'
import type { Cogroup, Flow, GroupedFlow, GroupedTableFlow } from '../flow.ts'
import type { Callee } from '../function-registry.ts'
import type { Reference } from '../../schema/collections.ts'
import { addNode, useFunction } from '../scope.ts'
import type { StoreReference, StoreShape } from '../store-registry.ts'
import { regroup, sharedTopic } from './grouping.ts'
import { repartitionBy, statefulName, warnUnused, type Step } from './step.ts'

const long: Format = { notation: 'binary', type: { kind: 'long' } }

export function applyCount(step: Step<FieldsOf<'count'>>): Flow | undefined {
  const { flow } = step
  if (isCogrouped(flow)) return refuseCogrouped(step)
  const fold = { kind: 'count' } as const
  if (flow.kind === 'groupedTable') return foldTable(step, flow, { fold, value: long })
  return flow.kind === 'grouped' ? foldStream(step, flow, { fold, value: long }) : needsGroup(step)
}

export function applyReduce(step: Step<FieldsOf<'reduce'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (isCogrouped(flow)) return refuseCogrouped(step)
  if (flow.kind !== 'grouped' && flow.kind !== 'groupedTable') return needsGroup(step)
  const { value } = flow
  const use = (field: 'reducer' | 'adder' | 'subtractor'): Callee | undefined => {
    const reference = functionFor(step, fields[field], field)
    return (
      reference &&
      useFunction(scope, reference, place, {
        kind: 'reducer',
        field,
        arguments: [value.type, value.type],
        result: value.type,
      })
    )
  }
  if (flow.kind === 'groupedTable') {
    const [adder, subtractor] = [use('adder'), use('subtractor')]
    if (adder === undefined || subtractor === undefined) return undefined
    const fold = { kind: 'reduce', adder: adder.ref, subtractor: subtractor.ref } as const
    return foldTable(step, flow, { fold, value })
  }
  const reducer = use('reducer')
  return reducer && foldStream(step, flow, { fold: { kind: 'reduce', reducer: reducer.ref }, value })
}

function isCogrouped(flow: Flow): boolean {
  return flow.kind === 'grouped' && flow.cogroup !== undefined
}

function refuseCogrouped({ scope, place }: Step<unknown>): undefined {
  const message = `${place.label} cannot be applied to a cogrouped stream`
  scope.diagnostics.error('DEFINITION_INVALID', message, place.span, {
    hint: 'Use "aggregate": "cogroup" has said how records are folded.',
  })
}

/** The best values of a group, as a list. */
export function applyTop(step: Step<FieldsOf<'top'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (isCogrouped(flow)) return refuseCogrouped(step)
  if (flow.kind === 'groupedTable') return refuseTop(step)
  if (flow.kind !== 'grouped') return needsGroup(step)
  const by = useFunction(scope, fields.by, place, {
    kind: 'valueTransformer',
    field: 'by',
    arguments: [flow.key.type, flow.value.type],
  })
  if (by === undefined) return undefined
  const descending = fields.order.value === 'descending'
  const fold = { kind: 'top', count: fields.count.value, by: by.ref, descending } as const
  const value: Format = { notation: 'json', type: { kind: 'list', of: flow.value.type } }
  return foldStream(step, flow, { fold, value })
}

function refuseTop({ scope, place }: Step<unknown>): undefined {
  const message = `${place.label} cannot be applied to a grouped table`
  scope.diagnostics.error('DEFINITION_INVALID', message, place.span, {
    detail: 'What falls out of the best is forgotten: nothing could take the place of a row that changes.',
    hint: 'Group a stream, or keep all rows with "aggregate".',
  })
}

type AggregateStep = Step<FieldsOf<'aggregate'>>

export function applyAggregate(step: AggregateStep): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'grouped' && flow.kind !== 'groupedTable') return needsGroup(step)
  const initializer = useFunction(scope, fields.initializer, place, {
    kind: 'initializer',
    field: 'initializer',
  })
  return flow.kind === 'grouped'
    ? aggregateStream(step, flow, initializer)
    : aggregateTable(step, flow, initializer)
}

function aggregateTable(
  step: AggregateStep,
  flow: GroupedTableFlow,
  initializer: Callee | undefined,
): Flow | undefined {
  const value = initializer?.result.format
  const adder = useAggregator(step, value, 'adder')
  const subtractor = useAggregator(step, value, 'subtractor')
  if (initializer === undefined || value === undefined || adder === undefined || subtractor === undefined)
    return undefined
  const functions = { initializer: initializer.ref, adder: adder.ref, subtractor: subtractor.ref }
  return foldTable(step, flow, { fold: { kind: 'aggregate', ...functions }, value })
}

function aggregateStream(
  step: AggregateStep,
  flow: GroupedFlow,
  initializer: Callee | undefined,
): Flow | undefined {
  const { cogroup, windowing } = flow
  const value = initializer?.result.format
  if (windowing?.windows.kind !== 'session')
    warnUnused(step, 'merger', step.fields.merger, 'Only sessions meet.')
  const aggregator =
    cogroup === undefined ? useAggregator(step, value, 'aggregator')?.ref : aggregatorOf(step, cogroup, value)
  const merger = mergerOf(step, flow, value)
  if (initializer === undefined || value === undefined) return undefined
  if (aggregator === undefined || merger === undefined) return undefined
  const merging = merger === null ? {} : { merger: merger.ref }
  const fold: Fold = { kind: 'aggregate', initializer: initializer.ref, aggregator, ...merging }
  return foldStream(step, flow, { fold, value })
}

/** What a cogroup folds with, where that gives what the initializer does, for each of its groups. */
function aggregatorOf(
  step: AggregateStep,
  { others = [], ...own }: Cogroup,
  wanted: Format | undefined,
): FunctionRef | undefined {
  const strangers = [own, ...others].filter(({ value }) => wanted && !isSameType(wanted.type, value.type))
  for (const { value: given, span } of strangers)
    if (wanted !== undefined) differs(step, { wanted, given, field: 'aggregator', span })
  return strangers.length === 0 ? own.aggregator : undefined
}

/** @param value - what the initializer gives */
function useAggregator(
  step: AggregateStep,
  value: Format | undefined,
  field: 'aggregator' | 'adder' | 'subtractor',
): Callee | undefined {
  const { scope, flow, place, fields } = step
  const reference = functionFor(step, fields[field], field)
  const callee =
    reference &&
    useFunction(scope, reference, place, {
      kind: 'aggregator',
      field,
      arguments: [flow.key.type, flow.value.type, value?.type],
    })
  return callee !== undefined && sameResult(step, value, callee, field) ? callee : undefined
}

/** Null where the group has no sessions that could meet. */
function mergerOf(
  step: AggregateStep,
  flow: GroupedFlow,
  value: Format | undefined,
): Callee | null | undefined {
  if (flow.windowing?.windows.kind !== 'session') return null
  const reference = functionFor(step, step.fields.merger, 'merger')
  const merger =
    reference &&
    useFunction(step.scope, reference, step.place, {
      kind: 'merger',
      field: 'merger',
      arguments: [flow.key.type, value?.type, value?.type],
    })
  return merger !== undefined && sameResult(step, value, merger, 'merger') ? merger : undefined
}

/** A function that this fold cannot do without. */
function functionFor(
  { scope, place, flow }: Step<unknown>,
  reference: Reference<FunctionFields> | undefined,
  field: string,
): Reference<FunctionFields> | undefined {
  if (reference !== undefined) return reference
  scope.diagnostics.error('DEFINITION_INVALID', `"${field}" is missing in ${place.label}`, place.span, {
    detail:
      flow.kind === 'groupedTable'
        ? 'A grouped table is added up: "adder" for what a row is, "subtractor" for what it was.'
        : 'It is applied to a grouped stream.',
    hint: `Add "${field}".`,
  })
  return undefined
}

function sameResult(step: Step<unknown>, wanted: Format | undefined, callee: Callee, field: string): boolean {
  const given = callee.result.format
  if (wanted === undefined || isSameType(wanted.type, given.type)) return true
  differs(step, { wanted, given, field, span: callee.span })
  return false
}

function differs(
  { scope }: Step<unknown>,
  { wanted, given, field, span }: { wanted: Format; given: Format; field: string; span: SourceSpan },
): undefined {
  scope.diagnostics.error('TYPE_INVALID', `initializer and ${field} return different types`, span, {
    detail: `The initializer returns ${describeFormat(wanted)}, the ${field} ${describeFormat(given)}.`,
    hint: 'Give both the same "resultType".',
  })
}

function needsGroup(step: Step<unknown>): undefined {
  step.scope.diagnostics.error(
    'DEFINITION_INVALID',
    `${step.place.label} needs a grouped stream or table`,
    step.place.span,
    { hint: 'Put "type: groupByKey" or "type: groupBy" before it.' },
  )
  return undefined
}

interface FoldFields {
  readonly name: FieldsOf<'count'>['name']
  readonly store: StoreReference | undefined
}

interface Folding<F> {
  readonly fold: F
  /** Of the result. */
  readonly value: Format
}

function foldStream(
  step: Step<FoldFields>,
  flow: GroupedFlow,
  { fold, value }: Folding<Fold>,
): Flow | undefined {
  const { scope } = step
  const { windowing } = flow
  const prefix = fold.kind === 'reduce' ? 'KSTREAM-REDUCE' : 'KSTREAM-AGGREGATE'
  const shape = windowing === undefined ? undefined : storeShape(windowing.windows)
  const store = materialise(step, prefix, { key: flow.key, value }, shape)
  const id = statefulName(step)
  scope.names.skip(processorsOf(flow))
  if (store === undefined) return undefined
  const inputs = { input: regrouped(step, flow), ...othersOf(step, flow) }
  if (windowing === undefined) {
    addNode(scope, { kind: 'aggregate', id, ...inputs, fold, store })
    return { kind: 'table', node: id, key: flow.key, value }
  }
  addNode(scope, { kind: 'window-aggregate', id, ...inputs, ...windowing, fold, store })
  return {
    kind: 'table',
    node: id,
    key: windowedFormat(flow.key, windowing.windows),
    value,
    windows: windowing.windows,
  }
}

/** Kafka Streams counts a fold; of a cogroup one for each group, and what brings them together. */
function processorsOf({ cogroup }: GroupedFlow): number {
  return cogroup === undefined ? 1 : 2 + (cogroup.others?.length ?? 0)
}

function regrouped(step: Step<FoldFields>, group: GroupedFlow): NodeId {
  return group.repartition === undefined ? group.node : regroup(step, group, group.repartition)
}

function othersOf(step: Step<FoldFields>, { cogroup }: GroupedFlow): Pick<AggregateNode, 'others'> {
  if (cogroup?.others === undefined) return {}
  return {
    others: cogroup.others.map(({ group, aggregator }) => ({ input: regrouped(step, group), aggregator })),
  }
}

/** The store of windows; they are kept as long as they take records. */
function storeShape(windows: Windows): StoreShape {
  switch (windows.kind) {
    case 'hopping':
    case 'sliding': {
      const windowSizeMs = windows.kind === 'sliding' ? windows.differenceMs : windows.sizeMs
      // A sliding window is looked for a length before it may begin.
      const lengths = windows.kind === 'sliding' ? 2 : 1
      const retentionMs = lengths * windowSizeMs + windows.graceMs
      return { kind: 'window', windowSizeMs, retentionMs, retainDuplicates: false }
    }
    case 'cumulating':
      // Kept by their last steps, the latest of which is nearly the size ahead of the time.
      return {
        kind: 'window',
        windowSizeMs: windows.stepMs,
        retentionMs: windows.sizeMs + windows.graceMs,
        retainDuplicates: false,
      }
    case 'session':
      return { kind: 'session', retentionMs: windows.gapMs + windows.graceMs }
  }
}

function windowedFormat({ notation, type }: Format, windows: Windows): Format {
  const sizeMs = windows.kind === 'hopping' ? windows.sizeMs : undefined
  const size = windows.kind === 'sliding' ? windows.differenceMs : sizeMs
  return { notation, type: { kind: 'windowed', of: type, ...(size === undefined ? {} : { sizeMs: size }) } }
}

/** Kafka Streams counts a sink, a source and the fold. */
const tableFoldProcessors = 3

function foldTable(
  step: Step<FoldFields>,
  flow: GroupedTableFlow,
  { fold, value }: Folding<TableFold>,
): Flow | undefined {
  const { scope } = step
  const store = materialise(step, 'KTABLE-AGGREGATE', { key: flow.key, value })
  const id = statefulName(step)
  scope.names.skip(tableFoldProcessors)
  if (store === undefined) return undefined
  const input =
    sharedTopic(scope, flow.node, flow.repartition) ??
    repartitionBy(scope, flow, flow.repartition, { carries: 'changes', counted: 0 })
  addNode(scope, { kind: 'table-aggregate', id, input, fold, store })
  return { kind: 'table', node: id, key: flow.key, value }
}

function materialise(
  { scope, place, fields }: Step<FoldFields>,
  prefix: string,
  formats: { readonly key: Format; readonly value: Format },
  shape?: StoreShape,
): string | undefined {
  return scope.stores.materialise({
    ...(shape === undefined ? {} : { shape }),
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix: prefix,
    ...formats,
    label: place.label,
  })
}
