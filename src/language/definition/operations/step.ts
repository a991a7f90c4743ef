import { describeFormat } from '../../../data/type-strings.ts'
import type { Format } from '../../../data/types.ts'
import type { NodeId, RepartitionNode } from '../../../topology/topology.ts'
import type { Located } from '../../query-definition.ts'
import type { Reference } from '../../schema/collections.ts'
import { flowNames, type Flow, type StreamFlow } from '../flow.ts'
import { repartitionProcessors } from '../names.ts'
import { addNode, type BuildPlace, type Scope } from '../scope.ts'
import type { TopicFields, TopicKind, TopicRegistry } from '../topic-registry.ts'

/** What an operation is built with. */
export interface Step<F> {
  readonly scope: Scope
  readonly topics: TopicRegistry
  /** What it is applied to. */
  readonly flow: Flow
  readonly place: BuildPlace
  /** The canonical type of the operation. */
  readonly type: string
  readonly fields: F
}

interface HasName {
  readonly name: Located<string> | undefined
}

/** The name of an operation that keeps no state: its place in the file and its type. */
export function statelessName({ scope, place, type, fields }: Step<HasName>): NodeId {
  return scope.names.operation(fields.name?.value ?? `${place.path.long}_${type}`)
}

/** The name of an operation that may keep state: its place in the pipeline. */
export function statefulName({ scope, place, fields }: Step<HasName>): NodeId {
  return scope.names.operation(fields.name?.value ?? place.path.short)
}

const remedies: Readonly<Record<Flow['kind'], string>> = {
  stream: 'Use "groupByKey" or "toTable" before, as the operation needs.',
  table: 'Put "type: toStream" before it.',
  globalTable: 'Begin the pipeline with a stream, and join it with the global table.',
  grouped: 'Put "count", "reduce" or "aggregate" before it.',
  groupedTable: 'Put "count", "reduce" or "aggregate" before it.',
}

/** Says that an operation cannot be applied to what comes in. */
export function refuseFlow({
  scope,
  flow,
  place,
}: Pick<Step<unknown>, 'scope' | 'flow' | 'place'>): undefined {
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `${place.label} cannot be applied to ${flowNames[flow.kind]}`,
    place.span,
    {
      hint: remedies[flow.kind],
    },
  )
}

/** Says that an operation cannot stand where it does. */
export function refuseHere({ scope, place }: Step<unknown>, hint: string): undefined {
  scope.diagnostics.error('DEFINITION_INVALID', `${place.label} cannot be applied here`, place.span, { hint })
}

/** What comes in, where it is a stream; else a complaint. */
export function expectStream(step: Step<unknown>): StreamFlow | undefined {
  return step.flow.kind === 'stream' ? step.flow : refuseFlow(step)
}

/** What a field names or holds: a declared topic, or the result of an earlier pipeline. */
export function resolveTarget(
  { scope, topics, flow: joined, place }: Step<unknown>,
  reference: Reference<TopicFields>,
  kind: TopicKind,
): Flow | undefined {
  if (reference.kind === 'inline')
    return topics.read({ kind, path: place.path.to(kind), fields: reference.value, span: reference.span })
  const flow = topics.resolve(reference.name)
  if (flow === undefined || flow.kind === kind) return flow
  const { value, span } = reference.name
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `"${value}" is ${flowNames[flow.kind]}, not a ${kind}`,
    span,
    { hint: otherKindHint(value, { joined, flow, kind }) },
  )
  return undefined
}

interface OtherKind {
  /** What the operation is applied to. */
  readonly joined: Flow
  /** What was named. */
  readonly flow: Flow
  readonly kind: TopicKind
}

function otherKindHint(name: string, { joined, flow, kind }: OtherKind): string {
  if (flow.kind === 'globalTable' && kind === 'table')
    return joined.kind === 'table'
      ? `Declare "${name}" under "tables": a table is joined with tables only.`
      : `Write "globalTable: ${name}", with a "mapper" that gives the key to look up, or declare "${name}" under "tables".`
  if (flow.kind === 'table' && kind === 'globalTable')
    return `Write "table: ${name}" without "mapper", since tables are joined on equal keys, or declare it under "globalTables".`
  return flow.kind === 'grouped' || flow.kind === 'groupedTable'
    ? `Name a ${kind}.`
    : `Name a ${kind}, or write "${flow.kind}: ${name}" if the operation can take it.`
}

/** Whether two sides of a flow fit; else a complaint that names both. */
export function describeSides(left: Format, right: Format): string {
  return `${describeFormat(left)} and ${describeFormat(right)}`
}

interface RepartitionOptions extends Pick<
  RepartitionNode,
  'partitions' | 'partitioner' | 'carries' | 'pinned'
> {
  /** How many processors Kafka Streams would have made for it. */
  readonly counted?: number
}

/** Sends a stream through an internal topic, so that equal keys meet in one task again. `name` is without `-repartition`. */
export function repartitionBy(
  scope: Scope,
  flow: Pick<StreamFlow, 'node' | 'key' | 'value'>,
  name: string,
  { counted, ...options }: RepartitionOptions = {},
): NodeId {
  scope.names.skip(counted ?? repartitionProcessors)
  const topic = scope.names.unique(`${name}-repartition`)
  return addNode(scope, {
    kind: 'repartition',
    id: topic,
    input: flow.node,
    topic,
    key: flow.key,
    value: flow.value,
    ...options,
  })
}

/** Says that a field that was given changes nothing here. */
export function warnUnused(
  { scope, place }: Step<unknown>,
  field: string,
  given: unknown,
  why: string,
): void {
  if (given === undefined) return
  scope.diagnostics.warn('DEFINITION_INVALID', `"${field}" of ${place.label} has no effect`, place.span, {
    detail: why,
    hint: 'Remove it.',
  })
}
