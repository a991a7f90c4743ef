/** The operations of a pipeline: one table for those that are done, one for those that are known and not done. */
import { optional, refused, required } from '../../schema/field.ts'
import { variantOf, type Variant } from '../../schema/collections.ts'
import { objectSchema, type ObjectSchema, type Shape } from '../../schema/object.ts'
import { integer, text, type } from '../../schema/scalars.ts'
import { functionOrName } from './function-fields.ts'
import { storeOrName } from './store-fields.ts'
import { globalTableOrName, streamOrName, tableOrName } from './topic-fields.ts'

const name = optional(text, 'The name of the operation in topics, metrics and messages.')
const store = optional(storeOrName, 'The store that holds the result.')

function operation<S extends Shape>(
  type: string,
  about: string,
  fields: S,
): ObjectSchema<S & { name: typeof name }> {
  return objectSchema(`${type}Operation`, `"${type}" operation`, about, { name, ...fields })
}

function mapping(type: string, about: string) {
  return operation(type, about, {
    mapper: required(functionOrName, 'The function that makes the new record.'),
  })
}

const noTableGroups = 'Group a stream; grouped tables are not supported yet.'

function join(type: string, about: string) {
  return operation(type, about, {
    table: optional(tableOrName, 'The table to join with, on equal keys.'),
    globalTable: optional(globalTableOrName, 'The global table to join with, on a key that "mapper" finds.'),
    stream: refused(
      'joins of two streams are not supported yet',
      'Read one side as a table, and join the stream with it.',
      'The stream to join with.',
    ),
    mapper: optional(functionOrName, 'Finds the key to look up in the global table.'),
    valueJoiner: required(functionOrName, 'Makes the new value from both.'),
    grace: refused(
      '"grace" needs a versioned table, which is not supported yet',
      'Remove it.',
      'How long the stream waits for the table.',
    ),
    store,
    timeDifference: refused(
      '"timeDifference" belongs to joins of two streams, which are not supported yet',
      'Remove it.',
      '',
    ),
    thisStore: refused(
      '"thisStore" belongs to joins of two streams, which are not supported yet',
      'Remove it.',
      '',
    ),
    otherStore: refused(
      '"otherStore" belongs to joins of two streams, which are not supported yet',
      'Remove it.',
      '',
    ),
    foreignKeyExtractor: refused(
      'joins on a foreign key are not supported yet',
      'Join a stream with a globalTable, whose "mapper" finds the key.',
      '',
    ),
    partitioner: refused(
      '"partitioner" belongs to joins on a foreign key, which are not supported yet',
      'Remove it.',
      '',
    ),
    otherPartitioner: refused(
      '"otherPartitioner" belongs to joins on a foreign key, which are not supported yet',
      'Remove it.',
      '',
    ),
  })
}

export const operations = {
  filter: operation('filter', 'Keeps the records for which a predicate holds.', {
    if: required(functionOrName, 'The predicate.'),
    store,
  }),
  filterNot: operation('filterNot', 'Keeps the records for which a predicate does not hold.', {
    if: required(functionOrName, 'The predicate.'),
    store,
  }),
  transformKey: mapping('transformKey', 'Gives each record a new key.'),
  transformValue: operation('transformValue', 'Gives each record a new value.', {
    mapper: required(functionOrName, 'The function that makes the new value.'),
    store,
  }),
  transformKeyValue: mapping('transformKeyValue', 'Makes a new record of each.'),
  transformKeyValueToKeyValueList: mapping(
    'transformKeyValueToKeyValueList',
    'Makes any number of records of each.',
  ),
  transformKeyValueToValueList: mapping(
    'transformKeyValueToValueList',
    'Makes any number of values of each record, with its key.',
  ),
  transformMetadata: mapping('transformMetadata', 'Changes timestamp and headers of each record.'),
  convertKey: operation('convertKey', 'Turns the key of each record into another type.', {
    into: required(type, 'The type that the key gets.', { example: 'string' }),
  }),
  convertValue: operation('convertValue', 'Turns the value of each record into another type.', {
    into: required(type, 'The type that the value gets.', { example: 'json' }),
  }),
  convertKeyValue: operation('convertKeyValue', 'Turns key and value of each record into other types.', {
    into: required(type, 'A tuple of the types that key and value get.', { example: '"(string, json)"' }),
  }),
  peek: operation('peek', 'Calls a function for each record and passes the record on.', {
    forEach: required(functionOrName, 'The function to call.'),
  }),
  merge: operation('merge', 'Puts the records of another stream between those of this one.', {
    stream: required(streamOrName, 'The other stream.', { example: 'late_orders' }),
  }),
  repartition: operation('repartition', 'Sends the records through an internal topic, partitioned by key.', {
    numberOfPartitions: optional(integer(1, 100_000), 'How many partitions the internal topic has.', {
      example: '6',
    }),
    partitioner: optional(functionOrName, 'Chooses the partition.'),
  }),
  groupByKey: operation('groupByKey', 'Groups the records by their key.', {
    store: optional(storeOrName, 'Names the internal topic, where one is needed.'),
  }),
  groupBy: operation('groupBy', 'Groups the records by a key that a function finds.', {
    mapper: required(functionOrName, 'Finds the key of the group.'),
    store: optional(storeOrName, 'Names the internal topic.'),
  }),
  aggregate: operation('aggregate', 'Folds the records of a group into a value.', {
    initializer: required(functionOrName, 'Gives the value before the first record.'),
    aggregator: required(functionOrName, 'Folds a record into the value.'),
    store: required(storeOrName, 'The store that holds the values.', {
      example: '{ name: totals, logging: true }',
    }),
    adder: refused('"adder" belongs to grouped tables, which are not supported yet', noTableGroups, ''),
    subtractor: refused(
      '"subtractor" belongs to grouped tables, which are not supported yet',
      noTableGroups,
      '',
    ),
    merger: refused('"merger" belongs to session windows, which are not supported yet', 'Remove it.', ''),
  }),
  count: operation('count', 'Counts the records of a group.', { store }),
  reduce: operation('reduce', 'Combines the records of a group, two by two.', {
    reducer: required(functionOrName, 'Combines two values.'),
    store,
    adder: refused('"adder" belongs to grouped tables, which are not supported yet', noTableGroups, ''),
    subtractor: refused(
      '"subtractor" belongs to grouped tables, which are not supported yet',
      noTableGroups,
      '',
    ),
  }),
  join: join('join', 'Joins each record with the row of a table; a record without one is dropped.'),
  leftJoin: join('leftJoin', 'Joins each record with the row of a table; without one, that side is null.'),
  toStream: operation('toStream', 'Passes on every change of a table as a record.', {
    mapper: optional(functionOrName, 'Finds the key of each record.'),
  }),
  toTable: operation('toTable', 'Reads a stream as a table: the newest record of each key.', { store }),
}

export const operationKind = variantOf({
  title: 'operation',
  variants: operations,
  aliases: {
    map: 'transformKeyValue',
    mapKey: 'transformKey',
    selectKey: 'transformKey',
    mapValue: 'transformValue',
    mapValues: 'transformValue',
    flatMap: 'transformKeyValueToKeyValueList',
    flatMapValues: 'transformKeyValueToValueList',
  },
  refused: {
    outerJoin: 'Use "leftJoin" with a table.',
    cogroup: 'Merge the streams before grouping, and use "aggregate".',
    windowByTime: 'Put the start of the window into the key with "groupBy", and count or aggregate by it.',
    windowBySession: 'Group by a session id, and count or aggregate by it.',
    suppress: 'Let the reader of the result take the newest record of each key.',
  },
})

export type Operation = Variant<typeof operations>
/** The fields of the operations of some types. */
export type FieldsOf<T extends Operation['type']> = Extract<Operation, { readonly type: T }>['fields']
