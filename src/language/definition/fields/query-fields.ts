import { optional, required, type Kind } from '../../schema/field.ts'
import { listOf, mapOf } from '../../schema/collections.ts'
import { objectOf, objectSchema, partsOf, type ReadParts } from '../../schema/object.ts'
import { choice, code, durationWithUnit, text, textLike, topicName } from '../../schema/scalars.ts'
import type { Located } from '../../query-definition.ts'
import { declaredSchema } from './declared-schema.ts'

const outputSchema = objectSchema('output', 'query output', 'Where the rows of a query go.', {
  topic: required(topicName, 'The topic that the rows are written to.', { example: 'orders_enriched' }),
  format: required(choice(['json', 'avro']), 'How a row is written.', { example: 'json' }),
  key: optional(text, 'The output column that becomes the record key; absent: no key.', {
    example: 'order_id',
  }),
  schema: optional(
    declaredSchema,
    'The Avro schema of the rows, or their columns with types; absent: what the query gives.',
    { example: '{ order_id: string, total: double }' },
  ),
})

const emissionSchema = objectSchema('emission', 'emission', 'When a row is emitted.', {
  type: optional(
    choice(['immediate', 'smart']),
    '"immediate": at once, with null for what is missing; "smart": when all required columns have a value.',
  ),
  require: optional(listOf(text, 'column'), 'Output columns that must not be null before a row is emitted.'),
})

const eventsSchema = objectSchema('eventState', 'event state', 'How long records of event topics are kept.', {
  default_ttl: optional(
    durationWithUnit,
    'How long they are kept; absent: the window, else one hour. 0 is for ever.',
    { example: '1h' },
  ),
  overrides: optional(mapOf(durationWithUnit, 'override'), 'Other times for single topics.'),
})

export interface DimensionFields {
  readonly topic: Located<string>
  readonly join: Located<'lookup'> | undefined
}

const dimensionSchema = objectSchema(
  'dimension',
  'dimension',
  'A topic whose newest record of each key is joined.',
  {
    topic: required(topicName, 'The topic.', { example: 'airports' }),
    join: optional(
      choice(['lookup']),
      '"lookup": the topic is read whole before the first event, and a later row serves later events only.',
    ),
  },
)

const dimensionOrName: Kind<DimensionFields> = {
  what: 'a topic, or the fields of a dimension',
  read: (node, diagnostics, place) => {
    if (node.kind !== 'scalar') return readDimension(partsOf(dimensionSchema).read(node, diagnostics, place))
    const topic = topicName.read(node, diagnostics, place)
    return topic === undefined ? undefined : { topic, join: undefined }
  },
  json: (definitions) => ({
    anyOf: [topicName.json(definitions), objectOf(dimensionSchema).json(definitions)],
  }),
}

/** A dimension whose join is misspelt is one all the same: what the query does with it can be checked. */
function readDimension(parts: ReadParts<typeof dimensionSchema> | undefined): DimensionFields | undefined {
  if (parts?.topic === undefined) return undefined
  const { at, broken, topic, join } = parts
  return { topic, join: broken.has('join') ? { value: 'lookup', span: at.span } : join }
}

const stateSchema = objectSchema('queryState', 'query state', 'What a query keeps, and how long.', {
  events: optional(partsOf(eventsSchema), 'Event topics.'),
  dimensions: optional(
    listOf(dimensionOrName, 'dimension'),
    'Topics of which the newest record of each key is joined.',
  ),
})

/** The name of an application: it becomes a group id and part of topic names. */
export const applicationName = textLike(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/,
  'a name',
  'Use 1 to 200 letters, digits, ".", "_" and "-".',
)

const body = {
  window: optional(
    durationWithUnit,
    'How long records of event topics are kept where "state" does not say.',
    { example: '1h' },
  ),
  query: required(code, 'The SQL.', { example: 'SELECT * FROM orders' }),
  output: required(partsOf(outputSchema), 'Where the rows go.', {
    example: '{ topic: orders_enriched, format: json }',
  }),
  emission: optional(partsOf(emissionSchema), 'When a row is emitted; absent: immediately.'),
  state: optional(partsOf(stateSchema), 'What is kept, and how long.'),
}

/** An entry of `queries`. */
export const querySchema = objectSchema('query', 'query', 'A SQL query that runs for ever.', {
  name: optional(applicationName, 'The name of the query; absent: its key.'),
  ...body,
})

/** A file that is one query. */
export const queryFileSchema = objectSchema('queryFile', 'SQL pipeline', 'A file with one SQL query.', {
  name: required(applicationName, 'The name of the pipeline; it is the consumer group.', {
    example: 'orders_enriched',
  }),
  ...body,
})

/** What could be read of a query: the SQL is looked at even where other fields are broken. */
export type QueryFields = ReadParts<typeof querySchema>
