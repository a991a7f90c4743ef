import * as functions from './functions.ts'
import type { Operation, Plan } from './plan.ts'

type Fields = Record<string, unknown>

/** The definition file that says what a plan says: each operation is a pipeline of its own. */
export function definitionOf({ operations }: Plan): string {
  const streams: Fields = {}
  const tables: Fields = {}
  const globalTables: Fields = {}
  const pipelines: Fields = {}
  for (const operation of operations) {
    const { op, id } = operation
    if (op === 'stream') streams[id] = topic(operation)
    else if (op === 'table') tables[id] = { ...topic(operation), store: tableStore(operation) }
    else if (op === 'global-table') globalTables[id] = topic(operation)
    else pipelines[`p_${id}`] = { from: operation.in, ...pipeline(operation) }
  }
  return JSON.stringify({ streams, tables, globalTables, pipelines })
}

function topic(operation: Operation): Fields {
  return { topic: operation['topic'], keyType: 'string', valueType: 'string' }
}

function tableStore(operation: Operation): Fields {
  const historyMs = operation['historyMs'] as number | undefined
  if (historyMs === undefined) return { type: 'keyValue', caching: operation['caching'] === true }
  return {
    type: 'keyValue',
    versioned: true,
    persistent: true,
    historyRetention: historyMs,
    segmentInterval: historyMs,
  }
}

function pipeline(operation: Operation): Fields {
  const { op, id } = operation
  switch (op) {
    case 'to':
      return {
        to: { topic: operation['topic'], keyType: 'string', valueType: operation['value'] ?? 'string' },
      }
    case 'split':
      return {
        branch: (operation['fns'] as readonly (string | null)[]).map((name, index) => ({
          ...(name === null ? {} : { if: code(functions.predicates[name], 'boolean') }),
          as: `${id}${index}`,
        })),
      }
    default:
      return { via: [{ name: id, ...step(operation) }], as: id }
  }
}

function step(operation: Operation): Fields {
  const name = operation['fn'] as string
  const make = steps[operation.op]
  if (make === undefined) throw new Error(`there is no operation "${operation.op}"`)
  return make(operation, name)
}

const steps: Readonly<Record<string, (operation: Operation, fn: string) => Fields>> = {
  filter: filter,
  'table-filter': filter,
  'select-key': (_, fn) => ({ type: 'transformKey', mapper: code(functions.newKeys[fn], 'string') }),
  'map-values': mapValues,
  'table-map-values': mapValues,
  map: (_, fn) => ({ type: 'transformKeyValue', mapper: code(functions.newPairs[fn], '(string,string)') }),
  'flat-map': (_, fn) => ({
    type: 'transformKeyValueToKeyValueList',
    mapper: code(functions.newPairLists[fn], '[(string,string)]'),
  }),
  'flat-map-values': (_, fn) => ({
    type: 'transformKeyValueToValueList',
    mapper: code(functions.newValueLists[fn], '[string]'),
  }),
  punctuate: (operation) => ({
    type: 'punctuate',
    every: `${String(operation['everyMs'])}ms`,
    punctuator: code('[["tick", String(timestamp)]]', '[(string,string)]'),
  }),
  merge: (operation) => ({ type: 'merge', stream: operation.with }),
  repartition: () => ({ type: 'repartition' }),
  'to-table': (operation) => ({ type: 'toTable', ...keyValueStore(operation) }),
  'to-stream': () => ({ type: 'toStream' }),
  'to-stream-windowed': () => ({ type: 'toStream', mapper: code(functions.windowText, 'string') }),
  'group-by-key': () => ({ type: 'groupByKey' }),
  'group-by': (_, fn) => ({ type: 'groupBy', mapper: code(functions.newKeys[fn], 'string') }),
  'table-group-by': () => ({
    type: 'groupBy',
    mapper: code(`[${functions.letter}, value]`, '(string,string)'),
  }),
  count: (operation) => ({ type: 'count', ...store(operation) }),
  reduce: (operation, fn) => ({ type: 'reduce', ...reducers(operation, fn), ...store(operation) }),
  aggregate: (operation, fn) => ({ type: 'aggregate', ...aggregators(operation, fn), ...store(operation) }),
  cogroup: (operation, fn) => ({
    type: 'cogroup',
    aggregator: code(functions.aggregators[fn], 'string'),
    ...(operation.with === undefined ? {} : { group: operation.with }),
  }),
  window: windowByTime,
  session: (operation) => ({
    type: 'windowBySession',
    inactivityGap: operation['gapMs'],
    grace: operation['graceMs'],
    ...emission(operation),
  }),
  suppress,
  'stream-join': (operation, fn) => ({
    ...joining(operation, fn),
    stream: operation.with,
    ...joinTimes(operation),
  }),
  'stream-table-join': (operation, fn) => ({
    ...joining(operation, fn),
    table: operation.with,
    ...(operation['graceMs'] === undefined ? {} : { grace: operation['graceMs'] }),
  }),
  'global-join': (operation, fn) => ({
    ...joining(operation, fn),
    globalTable: operation.with,
    mapper: code(`value === null ? null : ${functions.letter}`, 'string'),
  }),
  'table-join': (operation, fn) => ({
    ...joining(operation, fn),
    table: operation.with,
    ...keyValueStore(operation),
  }),
  'foreign-key-join': (operation, fn) => ({
    ...joining(operation, fn),
    table: operation.with,
    foreignKeyExtractor:
      operation['withKey'] === true
        ? { ...code(functions.letterOrKey, 'string'), parameters: [{ name: 'key', type: 'string' }] }
        : code(functions.letter, 'string'),
    ...keyValueStore(operation),
  }),
}

function code(expression: string | undefined, resultType: string): Fields {
  if (expression === undefined) throw new Error('a plan names a function that there is not')
  return { language: 'javascript', expression, resultType }
}

function filter(operation: Operation, fn: string): Fields {
  const type = operation['not'] === true ? 'filterNot' : 'filter'
  return { type, if: code(functions.predicates[fn], 'boolean'), ...keyValueStore(operation) }
}

function mapValues(operation: Operation, fn: string): Fields {
  return {
    type: 'transformValue',
    mapper: code(functions.newValues[fn], 'string'),
    ...keyValueStore(operation),
  }
}

function keyValueStore(operation: Operation): Fields {
  if (operation['store'] === undefined) return {}
  return { store: { name: operation['store'], type: 'keyValue', caching: operation['caching'] === true } }
}

function store(operation: Operation): Fields {
  const kind = operation['kind'] as string | undefined
  if (kind === undefined) return keyValueStore(operation)
  const { store: name, retentionMs: retention, sizeMs: windowSize } = operation
  return {
    store: {
      name,
      type: kind,
      retention,
      caching: operation['caching'] === true,
      ...(kind === 'window' ? { windowSize } : {}),
    },
  }
}

function reducers(operation: Operation, fn: string): Fields {
  if (operation['table'] === true)
    return {
      adder: code(functions.reducers[fn], 'string'),
      subtractor: code(functions.reducers['take'], 'string'),
    }
  return { reducer: code(functions.reducers[fn], 'string') }
}

function aggregators(operation: Operation, fn: string): Fields {
  const initializer = code("'i'", 'string')
  const merger = operation['kind'] === 'session' ? { merger: code(functions.merger, 'string') } : {}
  if (operation['cogrouped'] === true) return { initializer, ...merger }
  const aggregator = code(functions.aggregators[fn], 'string')
  if (operation['table'] === true)
    return { initializer, adder: aggregator, subtractor: code(functions.aggregators['take'], 'string') }
  return { initializer, aggregator, ...merger }
}

function windowByTime(operation: Operation): Fields {
  const { type, sizeMs, advanceMs, graceMs: grace } = operation
  const shared = { type: 'windowByTime', windowType: type, grace, ...emission(operation) }
  if (type === 'sliding') return { ...shared, timeDifference: sizeMs }
  return type === 'hopping'
    ? { ...shared, duration: sizeMs, advanceBy: advanceMs }
    : { ...shared, duration: sizeMs }
}

function emission(operation: Operation): Fields {
  return operation['emit'] === 'close' ? { emit: 'onWindowClose' } : {}
}

function suppress(operation: Operation): Fields {
  const { until, durationMs, maxRecords, maxBytes } = operation
  if (until === 'close') return { type: 'suppress', until: 'windowCloses' }
  return {
    type: 'suppress',
    until: 'timeLimit',
    duration: durationMs,
    ...(maxRecords === undefined ? {} : { maxRecords }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  }
}

function joining(operation: Operation, fn: string): Fields {
  const types: Readonly<Record<string, string>> = { inner: 'join', left: 'leftJoin', outer: 'outerJoin' }
  return {
    type: types[operation['type'] as string],
    valueJoiner: code(functions.joiners[fn], 'string'),
  }
}

function joinTimes(operation: Operation): Fields {
  const { id, beforeMs, afterMs, graceMs } = operation
  const [before, after, grace] = [beforeMs as number, afterMs as number, graceMs as number]
  const joinStore = (side: string): Fields => ({
    name: `d_${id}-${side}`,
    type: 'window',
    windowSize: before + after,
    retention: before + after + grace,
    retainDuplicates: true,
  })
  return {
    ...(before === after ? { timeDifference: before } : { before, after }),
    grace,
    thisStore: joinStore('this'),
    otherStore: joinStore('other'),
  }
}
