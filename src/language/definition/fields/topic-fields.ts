import { optional, required } from '../../schema/field.ts'
import { listOf, nameOr } from '../../schema/collections.ts'
import { objectOf, objectSchema, type Read } from '../../schema/object.ts'
import { text, textLike, topicName, type } from '../../schema/scalars.ts'
import { functionOrName } from './function-fields.ts'
import { storeOrName } from './store-fields.ts'

const resetPolicy = textLike(
  /^(earliest|latest|none|by_duration:.+)$/i,
  'an offset reset policy',
  'Use "earliest", "latest", "none" or "by_duration:1h".',
)

const shared = {
  topic: required(topicName, 'The Kafka topic.', { example: 'orders' }),
  offsetResetPolicy: optional(resetPolicy, 'Where to begin when there is no committed offset.', {
    example: 'earliest',
  }),
  timestampExtractor: optional(functionOrName, "A function that finds a record's event time."),
  partitioner: optional(
    functionOrName,
    'A function that chooses the partition when records are written to this topic.',
  ),
}

const types = {
  keyType: required(type, 'The type of the keys.', { example: 'string' }),
  valueType: required(type, 'The type of the values.', { example: 'json' }),
}

const optionalTypes = {
  keyType: optional(type, 'The type of the keys.', { example: 'string' }),
  valueType: optional(type, 'The type of the values.', { example: 'json' }),
}

export const streamSchema = objectSchema('stream', 'stream', 'Topics that are read record by record.', {
  ...shared,
  topic: optional(topicName, 'The Kafka topic.', { example: 'orders' }),
  topics: optional(listOf(topicName, 'topic'), 'Several topics, in place of one.', {
    example: '[orders, returns]',
  }),
  topicPattern: optional(text, 'A regular expression for the whole names of topics, in place of one.', {
    example: '"orders-.*"',
  }),
  ...types,
})

export const tableSchema = objectSchema(
  'table',
  'table',
  'A topic that is read as a table: the newest record of each key.',
  {
    ...shared,
    ...types,
    store: optional(storeOrName, 'The store that holds the table; it is named after the topic.'),
  },
)

export const globalTableSchema = objectSchema(
  'globalTable',
  'globalTable',
  'A topic that is read as a table, whole, by every thread.',
  {
    ...shared,
    ...types,
    store: optional(storeOrName, 'The store that holds the table; it is named after the topic.'),
  },
)

/** A topic that a pipeline writes to, given where it is used. */
const targetSchema = objectSchema('target', 'target topic', 'A topic that is written to.', {
  topic: shared.topic,
  ...optionalTypes,
  partitioner: shared.partitioner,
})

/** A topic that an operation reads as well. */
function joinTarget(id: string, title: string) {
  return objectSchema(id, title, `A topic read as a ${title}.`, {
    ...shared,
    ...optionalTypes,
    store: tableSchema.fields.store,
  })
}

export type TargetFields = Read<typeof targetSchema>

export const streamOrName = nameOr(objectOf(streamSchema), 'stream')
export const targetOrName = nameOr(objectOf(targetSchema), 'target topic')
export const tableOrName = nameOr(objectOf(joinTarget('joinedTable', 'table')), 'table')
export const globalTableOrName = nameOr(
  objectOf(joinTarget('joinedGlobalTable', 'globalTable')),
  'globalTable',
)
