import { isAssignable } from '../../data/assignable.ts'
import { describeFormat } from '../../data/type-strings.ts'
import type { Format } from '../../data/types.ts'
import type { TopicTarget } from '../../topology/topology.ts'
import { suggest } from '../diagnostic.ts'
import type { Reference } from '../schema/collections.ts'
import type { FunctionFields } from './fields/function-fields.ts'
import type { BodyFields, ExtractorFields, PrintFields } from './fields/pipeline-fields.ts'
import type { TargetFields } from './fields/topic-fields.ts'
import { unknownFormat, type StreamFlow } from './flow.ts'
import type { Callee } from './function-registry.ts'
import { addNode, useFunction, useOptionalFunction, type BuildPlace, type Scope } from './scope.ts'
import type { TopicFields, TopicRegistry } from './topic-registry.ts'

/** What a sink is built with; `place` is the sink's own. */
export interface SinkStep {
  readonly scope: Scope
  readonly topics: TopicRegistry
  readonly flow: StreamFlow
  readonly place: BuildPlace
}

export type TerminalSink = 'forEach' | 'print' | 'to' | 'toTopicNameExtractor'

/** Ends a pipeline or branch. */
export function buildSink(sink: TerminalSink, body: BodyFields, step: SinkStep): void {
  if (sink === 'forEach' && body.forEach !== undefined) buildForEach(body.forEach, step)
  if (sink === 'print' && body.print !== undefined) buildPrint(body.print, step)
  if (sink === 'to' && body.to !== undefined) buildTo(body.to, step)
  if (sink === 'toTopicNameExtractor' && body.toTopicNameExtractor !== undefined)
    buildExtractor(body.toTopicNameExtractor, step)
}

function buildForEach(reference: Reference<FunctionFields>, { scope, flow, place }: SinkStep): void {
  const action = useFunction(scope, reference, place, {
    kind: 'forEach',
    arguments: [flow.key.type, flow.value.type],
    stores: true,
  })
  const id = scope.names.operation(place.path.long)
  if (action !== undefined) addNode(scope, { kind: 'peek', id, input: flow.node, action: action.ref })
}

function buildPrint(fields: PrintFields, { scope, flow, place }: SinkStep): void {
  const mapper = useOptionalFunction(scope, fields.mapper, place, {
    kind: 'keyValuePrinter',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
  })
  const id = scope.names.operation(fields.name?.value ?? place.path.long)
  scope.names.skip(1)
  if (mapper === undefined) return
  addNode(scope, {
    kind: 'print',
    id,
    input: flow.node,
    label: fields.label?.value ?? id,
    ...(fields.filename === undefined ? {} : { file: fields.filename.value }),
    ...(mapper === null ? {} : { mapper: mapper.ref }),
  })
}

function buildTo(reference: Reference<TargetFields>, step: SinkStep): void {
  const { scope, flow, place } = step
  const target = reference.kind === 'inline' ? reference.value : findTarget(reference.name, step)
  if (target?.topic === undefined) return target && refuseSeveral(reference, step)
  const formats = targetFormats(target, step)
  const partitioner = usePartitioner(target.partitioner, step)
  const id = scope.names.operation(place.path.long)
  scope.names.skip(1)
  if (formats === undefined || partitioner === undefined) return
  const topic: TopicTarget = { kind: 'topic', name: target.topic.value }
  addNode(scope, { kind: 'sink', id, input: flow.node, topic, ...formats, ...withPartitioner(partitioner) })
  scope.sinkSpans.set(id, place.span)
}

/** Nothing says which of its topics a record would be for. */
function refuseSeveral(reference: Reference<TargetFields>, { scope, place }: SinkStep): void {
  const span = reference.kind === 'name' ? reference.name.span : place.span
  scope.diagnostics.error('DEFINITION_INVALID', `${place.label} names a stream of several topics`, span, {
    hint: 'Write to one topic, or name it for each record with "toTopicNameExtractor".',
  })
}

type Target = Pick<TopicFields, 'topic' | 'keyType' | 'valueType' | 'partitioner'>

function findTarget(
  name: { readonly value: string; readonly span: BuildPlace['span'] },
  { scope, topics }: SinkStep,
): Target | undefined {
  const declared = topics.find(name.value)
  if (declared === undefined && !topics.namesUnknown)
    scope.diagnostics.error('NAME_NOT_FOUND', `no stream or table is called "${name.value}"`, name.span, {
      detail:
        'The target of "to" is a stream, table or global table of this file, or a topic given in place.',
      hint:
        topics.names.length === 0
          ? `Write "to: { topic: ${name.value} }".`
          : suggest(name.value, topics.names, 'streams and tables'),
    })
  return declared?.fields
}

function targetFormats(
  target: Target,
  { scope, flow, place }: SinkStep,
): { key: Format; value: Format } | undefined {
  const formats = {
    key: target.keyType?.value.format ?? flow.key,
    value: target.valueType?.value.format ?? flow.value,
  }
  for (const side of ['key', 'value'] as const) {
    const { [side]: written } = formats
    const { [side]: given } = flow
    if (!isAssignable(written.type, given.type)) {
      scope.diagnostics.error(
        'TYPE_INVALID',
        `topic "${target.topic?.value}" takes another ${side} type`,
        place.span,
        {
          detail: `The topic's ${side}s are ${describeFormat(written)}; here they are ${describeFormat(given)}.`,
          hint: `Convert the ${side} before, with "transform${side === 'key' ? 'Key' : 'Value'}", or change the type of the topic.`,
        },
      )
      return undefined
    }
    if (written.type.kind === 'any' && written !== unknownFormat) {
      scope.diagnostics.error(
        'TYPE_INVALID',
        `the ${side} type "any" cannot be written to a topic`,
        place.span,
        {
          hint: `Give the topic a "${side}Type".`,
        },
      )
      return undefined
    }
  }
  return formats
}

function buildExtractor(fields: ExtractorFields, step: SinkStep): void {
  const { scope, flow, place } = step
  const extractor = useFunction(scope, fields.topicNameExtractor, place, {
    kind: 'topicNameExtractor',
    arguments: [flow.key.type, flow.value.type],
  })
  const partitioner = usePartitioner(fields.partitioner, step)
  const id = scope.names.operation(place.path.long)
  scope.names.skip(1)
  if (extractor === undefined || partitioner === undefined) return
  const topic: TopicTarget = { kind: 'extractor', extractor: extractor.ref }
  const { key, value } = flow
  addNode(scope, { kind: 'sink', id, input: flow.node, topic, key, value, ...withPartitioner(partitioner) })
}

function usePartitioner(
  reference: Reference<FunctionFields> | undefined,
  { scope, flow, place }: SinkStep,
): Callee | null | undefined {
  return useOptionalFunction(scope, reference, place, {
    kind: 'streamPartitioner',
    field: 'partitioner',
    arguments: [{ kind: 'string' }, flow.key.type, flow.value.type, { kind: 'int' }],
  })
}

function withPartitioner(partitioner: Callee | null): { readonly partitioner?: Callee['ref'] } {
  return partitioner === null ? {} : { partitioner: partitioner.ref }
}
