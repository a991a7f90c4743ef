import { optional, required, type Kind, type Place } from '../../schema/field.ts'
import { listOf, type Reference } from '../../schema/collections.ts'
import { objectOf, objectSchema, type ObjectValue, type Read } from '../../schema/object.ts'
import { text } from '../../schema/scalars.ts'
import type { Located } from '../../query-definition.ts'
import { functionOrName, type FunctionFields } from './function-fields.ts'
import { operationKind, type Operation } from './operation-fields.ts'
import { streamOrName, targetOrName } from './topic-fields.ts'

const printSchema = objectSchema('print', 'print sink', 'Prints each record.', {
  name: optional(text, 'The name of the sink.'),
  filename: optional(text, 'The file to print to; absent: standard output.', { example: 'records.txt' }),
  label: optional(text, 'Printed before each record; absent: the name of the operation.'),
  mapper: optional(functionOrName, 'Makes the text of a record.'),
})
export type PrintFields = Read<typeof printSchema>

/** `true` stands for a print sink with nothing to say. */
const printOrTrue: Kind<PrintFields> = {
  what: 'the fields of a print sink',
  read: (node, diagnostics, place) => {
    if (node.kind === 'scalar' && node.value === true)
      return { at: place, name: undefined, filename: undefined, label: undefined, mapper: undefined }
    return objectOf(printSchema).read(node, diagnostics, place)
  },
  json: (definitions) => ({ anyOf: [{ const: true }, objectOf(printSchema).json(definitions)] }),
}

const extractorSchema = objectSchema(
  'toTopicNameExtractor',
  'topic name sink',
  'Writes each record to the topic that a function names.',
  {
    topicNameExtractor: required(functionOrName, 'Names the topic of a record.'),
    partitioner: optional(functionOrName, 'Chooses the partition.'),
  },
)
export type ExtractorFields = Read<typeof extractorSchema>

const extractorOrName: Kind<ExtractorFields> = {
  what: 'the name of a function, or the fields of a topic name sink',
  read: (node, diagnostics, place) => {
    if (node.kind !== 'scalar') return objectOf(extractorSchema).read(node, diagnostics, place)
    const topicNameExtractor = functionOrName.read(node, diagnostics, place)
    return topicNameExtractor === undefined
      ? undefined
      : { at: place, topicNameExtractor, partitioner: undefined }
  },
  json: (definitions) => ({ anyOf: [{ type: 'string' }, objectOf(extractorSchema).json(definitions)] }),
}

const sinks = {
  as: optional(text, 'Names the result, so that later pipelines can begin with it.'),
  forEach: optional(functionOrName, 'Calls a function for each record.'),
  print: optional(printOrTrue, 'Prints each record.'),
  to: optional(targetOrName, 'Writes each record to a topic.', { example: 'alerts' }),
  toTopicNameExtractor: optional(extractorOrName, 'Writes each record to the topic that a function names.'),
}

const steps = optional(listOf(operationKind, 'step'), 'The operations, in order.')

/** The sinks in the order in which the first one given wins. */
export const sinkNames = ['as', 'branch', 'forEach', 'print', 'to', 'toTopicNameExtractor'] as const

type SinkFields = Omit<ObjectValue<typeof sinks>, 'at'>

/** What branches and pipelines have in common. */
export interface BodyFields extends SinkFields {
  readonly at: Place
  readonly name: Located<string> | undefined
  readonly via: readonly (Operation | undefined)[] | undefined
  readonly branch: readonly (BranchFields | undefined)[] | undefined
}

export interface BranchFields extends BodyFields {
  readonly if: Reference<FunctionFields> | undefined
}

/** Branches hold branches: the schema is looked up when it is used. */
const branchKind: Kind<BranchFields> = {
  what: 'the fields of a branch',
  read: (node, diagnostics, place) => objectOf(branchSchema).read(node, diagnostics, place),
  json: (definitions) => objectOf(branchSchema).json(definitions),
}

const branches = optional(
  listOf(branchKind, 'branch'),
  'Sends each record to the first branch whose predicate holds.',
)

const branchSchema = objectSchema('branch', 'branch', 'One way that records can take.', {
  if: optional(functionOrName, 'The predicate; absent: every record that came so far.'),
  name: optional(text, 'The name of the branch.'),
  via: steps,
  branch: branches,
  ...sinks,
})

export const pipelineSchema = objectSchema(
  'pipeline',
  'pipeline',
  'A chain of operations from a topic or an earlier result to a sink.',
  {
    name: optional(text, 'The name of the pipeline; absent: its key.'),
    from: required(streamOrName, 'Where the records come from.', { example: 'orders' }),
    via: steps,
    branch: branches,
    ...sinks,
  },
)

export type PipelineFields = Read<typeof pipelineSchema>
