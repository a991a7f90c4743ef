import type { Format } from '../../../data/types.ts'
import type { NodeId } from '../../../topology/topology.ts'
import type { FunctionFields } from '../fields/function-fields.ts'
import type { Flow, TableFlow } from '../flow.ts'
import type { Callee } from '../function-registry.ts'
import { addNode, useFunction, useOptionalFunction } from '../scope.ts'
import type { Reference } from '../../schema/collections.ts'
import { useJoiner, type JoinStep } from './join-step.ts'

/** Kafka Streams counts two topics with their sinks and sources, a store, five processors and the result. */
const processors = 13

interface Sides {
  readonly left: TableFlow
  readonly right: TableFlow
  readonly id: NodeId
  readonly extractor: Reference<FunctionFields>
}

/** Joins each row of a table with the row of another one whose key a function finds in it. */
export function joinForeignKey(step: JoinStep, sides: Sides): Flow | undefined {
  const { scope, place } = step
  const { left, right, id } = sides
  if (step.type === 'outerJoin') return refuseOuter(step)
  const extractor = useFunction(scope, sides.extractor, place, {
    kind: 'foreignKeyExtractor',
    field: 'foreignKeyExtractor',
    arguments: [left.value.type, left.key.type],
    result: right.key.type,
  })
  const joiner = useJoiner(step, [left.key.type, left.value.type, right.value.type])
  const partitioners = partitionersOf(step, sides)
  if (extractor === undefined || joiner === undefined || partitioners === undefined) return undefined
  scope.names.skip(processors)
  const type = step.type === 'leftJoin' ? 'left' : 'inner'
  const [key, value] = [left.key, left.value]
  const foreignKey = right.key
  addNode(scope, {
    kind: 'foreign-key-subscribe',
    id: `${id}-subscription-registration-processor`,
    input: left.node,
    type,
    extractor: extractor.ref,
    foreignKey,
    value,
  })
  const registration = addTopic(step, {
    name: `${id}-subscription-registration`,
    input: `${id}-subscription-registration-processor`,
    key: foreignKey,
    value: key,
    carries: 'subscriptions',
    partitioner: partitioners.right,
  })
  addNode(scope, {
    kind: 'foreign-key-answer',
    id: `${id}-subscription-receive`,
    input: registration,
    table: right.node,
    store: addSubscriptionStore(step, id),
    foreignKey,
    key,
  })
  const response = addTopic(step, {
    name: `${id}-subscription-response`,
    input: `${id}-subscription-receive`,
    key,
    value: right.value,
    carries: 'answers',
    partitioner: partitioners.left,
  })
  const resolver = `${id}-subscription-response-resolver`
  const joined = { table: left.node, type, joiner: joiner.ref, value } as const
  addNode(scope, { kind: 'foreign-key-resolve', id: resolver, input: response, ...joined })
  return keepResult(step, { id, input: resolver, key, value: joiner.result.format })
}

function refuseOuter({ scope, place }: JoinStep): undefined {
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `${place.label} cannot join tables on a foreign key`,
    place.span,
    {
      detail: 'Rows of the other table that nobody refers to have no key to be joined under.',
      hint: 'Use "leftJoin".',
    },
  )
}

type Partitioner = Callee | null
/** Undefined, and a complaint, where one of them is broken. */
function partitionersOf(
  step: JoinStep,
  { left, right }: Sides,
): { readonly left: Partitioner; readonly right: Partitioner } | undefined {
  const use = (field: 'partitioner' | 'otherPartitioner', key: Format): Partitioner | undefined =>
    useOptionalFunction(step.scope, step.fields[field], step.place, {
      kind: 'streamPartitioner',
      field,
      arguments: [{ kind: 'string' }, key.type, undefined, { kind: 'int' }],
    })
  const own = use('partitioner', left.key)
  const other = use('otherPartitioner', right.key)
  return own === undefined || other === undefined ? undefined : { left: own, right: other }
}

interface TopicParts {
  /** Without what Kafka Streams puts behind it. */
  readonly name: string
  readonly input: NodeId
  readonly key: Format
  readonly value: Format
  readonly carries: 'subscriptions' | 'answers'
  readonly partitioner: Partitioner
}

function addTopic({ scope }: JoinStep, { name, partitioner, ...parts }: TopicParts): NodeId {
  const topic = `${name}-topic`
  const chosen = partitioner === null ? {} : { partitioner: partitioner.ref }
  return addNode(scope, { kind: 'repartition', id: topic, topic, ...parts, ...chosen })
}

function addSubscriptionStore({ scope }: JoinStep, id: NodeId): string {
  return scope.stores.addOwn(`${id}-subscription-store`, { persistent: true, timestamped: true })
}

interface Result {
  readonly id: NodeId
  readonly input: NodeId
  readonly key: Format
  readonly value: Format
}

/** The result is a table: kept where the author says so, or where something behind asks for its rows. */
function keepResult({ scope, place, fields }: JoinStep, { id, input, key, value }: Result): Flow | undefined {
  const store = scope.stores.materialise({
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix: 'KTABLE-FK-JOIN-OUTPUT',
    key,
    value,
    label: place.label,
  })
  if (store === undefined) return undefined
  const onDemand = fields.store === undefined ? { onDemand: true } : {}
  addNode(scope, { kind: 'to-table', id, input, store, ...onDemand })
  return { kind: 'table', node: id, key, value }
}
