/** The operations of a pipeline: one table for those that are done, one for those that are known and not done. */
import { byDefault, optional, required } from '../../schema/field.ts'
import { variantOf, type Variant } from '../../schema/collections.ts'
import { objectSchema, type ObjectSchema, type Shape } from '../../schema/object.ts'
import { choice, duration, integer, text, type } from '../../schema/scalars.ts'
import { functionOrName } from './function-fields.ts'
import { storeOrName } from './store-fields.ts'
import { globalTableOrName, streamOrName, tableOrName } from './topic-fields.ts'

const name = optional(text, 'The name of the operation in topics, metrics and messages.')
const grace = byDefault(duration, 0, 'How long after its end a window takes records that come late.', {
  unit: 'milliseconds',
})
const emit = byDefault(
  choice(['onUpdate', 'onWindowClose']),
  'onUpdate',
  'Whether each change of a window goes on, or its final value when it takes nothing any more.',
)
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

function join(type: string, about: string) {
  return operation(type, about, {
    table: optional(tableOrName, 'The table to join with, on equal keys.'),
    globalTable: optional(globalTableOrName, 'The global table to join with, on a key that "mapper" finds.'),
    stream: optional(streamOrName, 'The stream to join with, on equal keys, within "timeDifference".'),
    mapper: optional(functionOrName, 'Finds the key to look up in the global table.'),
    valueJoiner: required(functionOrName, 'Makes the new value from both.'),
    grace: optional(duration, 'How long after its time a record may still come.', { unit: 'milliseconds' }),
    maxAge: optional(duration, 'How much older than a record the row of a versioned table may be.', {
      unit: 'milliseconds',
    }),
    store,
    timeDifference: optional(duration, 'How far apart in time two records of streams may be.', {
      unit: 'milliseconds',
    }),
    before: optional(duration, "How much earlier than this stream's record the other one may be.", {
      unit: 'milliseconds',
    }),
    after: optional(duration, "How much later than this stream's record the other one may be.", {
      unit: 'milliseconds',
    }),
    thisStore: optional(storeOrName, 'The window store that keeps this stream.'),
    otherStore: optional(storeOrName, 'The window store that keeps the other stream.'),
    foreignKeyExtractor: optional(
      functionOrName,
      "Finds the key of the other table's row in a row of this one.",
    ),
    partitioner: optional(functionOrName, "How this table's topic is partitioned, in a foreign-key join."),
    otherPartitioner: optional(
      functionOrName,
      "How the other table's topic is partitioned, in a foreign-key join.",
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
  deduplicate: operation(
    'deduplicate',
    'Leaves out records whose key was there a short time ago. An addition of Weft.',
    {
      within: required(
        duration,
        'How far apart in time two records of a key must be, to be both passed on.',
        {
          unit: 'milliseconds',
          example: '10m',
        },
      ),
      grace: optional(duration, 'How late a record may come; absent: as "within".', { unit: 'milliseconds' }),
      store: optional(storeOrName, 'The window store that holds what was passed on.'),
    },
  ),
  punctuate: operation(
    'punctuate',
    'Calls a function again and again as time passes; its records go on, those that come in do not. An addition of Weft.',
    {
      every: required(duration, 'How much time passes between two calls.', {
        unit: 'milliseconds',
        example: '10s',
      }),
      time: byDefault(
        choice(['stream', 'wallClock']),
        'stream',
        'Whether the time of records passes, or that of the clock.',
      ),
      punctuator: required(functionOrName, 'Gives a list of keys and values.'),
    },
  ),
  repartition: operation('repartition', 'Sends the records through an internal topic, partitioned by key.', {
    numberOfPartitions: optional(integer(1, 100_000), 'How many partitions the internal topic has.', {
      example: '6',
    }),
    partitioner: optional(functionOrName, 'Chooses the partition.'),
  }),
  groupByKey: operation('groupByKey', 'Groups the records by their key.', {
    store: optional(storeOrName, 'Names the internal topic, where one is needed.'),
  }),
  groupBy: operation('groupBy', 'Groups records, or rows of a table, by a key that a function finds.', {
    mapper: required(functionOrName, 'Finds the key of the group; for a table, key and value.'),
    store: optional(storeOrName, 'Names the internal topic.'),
  }),
  aggregate: operation('aggregate', 'Folds the records of a group into a value.', {
    initializer: required(functionOrName, 'Gives the value before the first record.'),
    aggregator: optional(functionOrName, 'Folds a record of a grouped stream into the value.'),
    adder: optional(functionOrName, 'Adds a row of a grouped table to the value.'),
    subtractor: optional(functionOrName, 'Takes what a row of a grouped table was from the value.'),
    store: required(storeOrName, 'The store that holds the values.', {
      example: '{ name: totals, logging: true }',
    }),
    merger: optional(functionOrName, 'Makes one value of two, where sessions meet.'),
  }),
  cogroup: operation('cogroup', 'Says how the records of a group are folded; "aggregate" follows.', {
    group: optional(
      text,
      "A further group that is folded into the same values: the result of an earlier pipeline. Absent: the pipeline's own, first. An addition of Weft.",
    ),
    aggregator: required(functionOrName, 'Folds a record into the value.'),
  }),
  windowByTime: operation('windowByTime', 'Divides a group into windows of time.', {
    windowType: required(
      choice(['tumbling', 'hopping', 'cumulating', 'sliding']),
      'How windows follow each other.',
      {
        example: 'tumbling',
      },
    ),
    duration: optional(duration, 'How long a tumbling or hopping window is, and a cumulating one becomes.', {
      unit: 'milliseconds',
    }),
    advanceBy: optional(duration, 'How often a hopping window begins, or a cumulating one ends.', {
      unit: 'milliseconds',
    }),
    timeDifference: optional(duration, 'How long a sliding window is, both ends included.', {
      unit: 'milliseconds',
    }),
    grace,
    emit,
  }),
  windowBySession: operation(
    'windowBySession',
    'Divides a group into sessions: records that are near in time.',
    {
      inactivityGap: required(duration, 'How far apart two records of a session may be.', {
        unit: 'milliseconds',
        example: '5m',
      }),
      grace,
      emit,
    },
  ),
  count: operation('count', 'Counts the records of a group.', { store }),
  reduce: operation('reduce', 'Combines the records of a group, two by two.', {
    reducer: optional(functionOrName, 'Combines two values of a grouped stream.'),
    adder: optional(functionOrName, 'Adds a row of a grouped table to the value.'),
    subtractor: optional(functionOrName, 'Takes what a row of a grouped table was from the value.'),
    store,
  }),
  top: operation('top', 'Keeps the best values of a group, as a list. An addition of Weft.', {
    count: required(integer(1, 1000), 'How many.', { example: '3' }),
    by: required(functionOrName, 'Gives the number or text that a value is ranked by.'),
    order: byDefault(choice(['descending', 'ascending']), 'descending', 'Whether the largest is the best.'),
    store,
  }),
  join: join('join', 'Joins each record with the row of a table; a record without one is dropped.'),
  leftJoin: join('leftJoin', 'Joins each record with the row of a table; without one, that side is null.'),
  outerJoin: join('outerJoin', 'Joins the rows of two tables; where one is missing, that side is null.'),
  toStream: operation('toStream', 'Passes on every change of a table as a record.', {
    mapper: optional(functionOrName, 'Finds the key of each record.'),
  }),
  suppress: operation(
    'suppress',
    'Holds back changes of a table, so that only the last of each key goes on.',
    {
      until: required(choice(['timeLimit', 'windowCloses']), 'What they wait for.', {
        example: 'windowCloses',
      }),
      duration: optional(duration, 'How long after the first change of a key.', { unit: 'milliseconds' }),
      maxRecords: optional(integer(1, Number.MAX_SAFE_INTEGER), 'How many changes may wait.'),
      maxBytes: optional(integer(1, Number.MAX_SAFE_INTEGER), 'How many bytes of changes may wait.'),
      bufferFullStrategy: optional(
        choice(['emitEarlyWhenFull', 'shutdownWhenFull']),
        'What happens when more would wait.',
      ),
    },
  ),
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
  refused: {},
})

export type Operation = Variant<typeof operations>
/** The fields of the operations of some types. */
export type FieldsOf<T extends Operation['type']> = Extract<Operation, { readonly type: T }>['fields']
