import { byDefault, optional, refused, required } from '../../schema/field.ts'
import { mapOf } from '../../schema/collections.ts'
import { objectOf, objectSchema, partsOf, type Read, type ReadParts } from '../../schema/object.ts'
import { boolean, choice, integer, text, type } from '../../schema/scalars.ts'
import { columnType } from './column-type.ts'
import { functionSchema } from './function-fields.ts'
import { pipelineSchema } from './pipeline-fields.ts'
import { queryFileSchema, querySchema } from './query-fields.ts'
import { namedStoreSchema } from './store-fields.ts'
import { globalTableSchema, streamSchema, tableSchema } from './topic-fields.ts'

const columns = optional(mapOf(columnType, 'column'), 'The columns of the values, for queries.', {
  example: '{ id: string, amount: double }',
})

const topicSchema = objectSchema('topic', 'topic', 'What a query should know about a topic.', {
  columns,
  valueType: optional(type, 'How the values are written; absent: as the configuration says, else as JSON.', {
    example: 'avro:Order',
  }),
})

const devTopicSchema = objectSchema('devTopic', 'dev topic', 'Data that "weft dev" puts into a topic.', {
  file: optional(
    text,
    'The data file, relative to this one; "npm:package/path" is a file of an installed package.',
    {
      example: 'npm:vega-datasets/data/airports.csv',
    },
  ),
  format: optional(
    choice(['json', 'jsonl', 'csv', 'parquet']),
    'The format of the file; absent: what its ending says.',
  ),
  key: optional(text, 'The field that becomes the record key.', { example: 'iata' }),
  eventTime: optional(text, 'The field that holds the event time.', { example: 'date' }),
  rate: optional(integer(1), 'How many records are sent; absent: as fast as possible.', {
    unit: 'records per second',
  }),
  limit: optional(integer(1), 'At most so many records of the file are sent; absent: all.', {
    unit: 'records',
  }),
  partitions: byDefault(integer(1, 10_000), 4, 'How many partitions the topic has.'),
  compact: byDefault(boolean, false, 'Whether only the newest record of each key is kept.'),
  columns,
})

const devSchema = objectSchema('dev', 'dev section', 'What "weft dev" needs to run the file by itself.', {
  topics: required(mapOf(objectOf(devTopicSchema), 'dev topic'), 'The topics, with their data.'),
})

const extras = {
  topics: optional(mapOf(objectOf(topicSchema), 'topic'), 'What queries should know about topics.'),
  dev: optional(objectOf(devSchema), 'What "weft dev" needs to run the file by itself.'),
}

/** A file with pipelines, queries or both. */
export const definitionSchema = objectSchema(
  'definition',
  'definition',
  'Streams, tables, functions, and the pipelines and queries over them.',
  {
    name: optional(text, 'The name of the definition.'),
    version: optional(text, 'The version of the definition.'),
    description: optional(text, 'What the definition is for.'),
    streams: optional(mapOf(objectOf(streamSchema), 'stream'), 'Topics that are read record by record.'),
    tables: optional(mapOf(objectOf(tableSchema), 'table'), 'Topics that are read as tables.'),
    globalTables: optional(
      mapOf(objectOf(globalTableSchema), 'globalTable'),
      'Topics that every thread reads whole.',
    ),
    stores: optional(mapOf(objectOf(namedStoreSchema), 'store'), 'State stores.'),
    functions: optional(
      mapOf(partsOf(functionSchema), 'function'),
      'Functions that operations call by name.',
    ),
    pipelines: optional(mapOf(objectOf(pipelineSchema), 'pipeline'), 'The pipelines.'),
    queries: optional(mapOf(partsOf(querySchema), 'query'), 'SQL queries.'),
    producers: refused(
      '"producers" are not supported yet',
      'Give the data in the "dev:" section, or send it with "weft produce".',
      'Generators of data.',
    ),
    ...extras,
  },
)

/** A file that is one SQL query, with the extras that Weft adds. */
export const sqlFileSchema = objectSchema('sqlFile', 'SQL pipeline', queryFileSchema.about, {
  ...queryFileSchema.fields,
  ...extras,
})

export type DevTopicFields = Read<typeof devTopicSchema>
export type DefinitionFields = ReadParts<typeof definitionSchema>
export type ExtraFields = Pick<DefinitionFields, 'topics' | 'dev'>
