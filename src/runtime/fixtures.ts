/** Small topologies for tests of the runtime, built by hand: the front ends are not below it. */
import type { Format } from '../data/types.ts'
import { finishTopology } from '../topology/build-topology.ts'
import type { FunctionKind, FunctionRef } from '../topology/functions.ts'
import type { KeyValueStoreSpec, Node, OffsetReset, StoreSpec, Topology } from '../topology/topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const long: Format = { notation: 'binary', type: { kind: 'long' } }

/** A function of one JavaScript expression. */
export function expression(name: string, kind: FunctionKind, code: string): FunctionRef {
  const span = { file: 'test.yaml', line: 1, column: 1, length: code.length }
  const parameters = ['key', 'value'].map((parameter) => ({ name: parameter }))
  return {
    name,
    kind,
    parameters,
    ...(kind === 'predicate' ? { resultType: { kind: 'boolean' } } : { resultType: { kind: 'string' } }),
    stores: [],
    body: { language: 'javascript', expression: { text: code, span } },
  }
}

/** `input` to `output`, text to text, unchanged. */
export function passThrough(reset: OffsetReset = 'earliest'): Topology {
  return topology([
    { kind: 'source', id: 'in', topics: ['input'], key: text, value: text, reset },
    {
      kind: 'sink',
      id: 'out',
      input: 'in',
      topic: { kind: 'topic', name: 'output' },
      key: text,
      value: text,
    },
  ])
}

/** `input` to `output` through a JavaScript function of `key` and `value`. */
export function mapped(code: string): Topology {
  return topology([
    { kind: 'source', id: 'in', topics: ['input'], key: text, value: text },
    {
      kind: 'transform',
      id: 'map',
      input: 'in',
      result: 'value',
      mapper: expression('shout', 'valueTransformer', code),
      table: false,
    },
    {
      kind: 'sink',
      id: 'out',
      input: 'map',
      topic: { kind: 'topic', name: 'output' },
      key: text,
      value: text,
    },
  ])
}

/** `input` to `output`, each record ten milliseconds after the one before it in its partition. */
export function stamped(): Topology {
  const extractor = expression('ten later', 'timestampExtractor', 'previousTimestamp + 10')
  const timestamp: FunctionRef = {
    ...extractor,
    parameters: [{ name: 'record' }, { name: 'previousTimestamp' }],
    resultType: { kind: 'long' },
  }
  return topology([
    { kind: 'source', id: 'in', topics: ['input'], key: text, value: text, timestamp },
    {
      kind: 'sink',
      id: 'out',
      input: 'in',
      topic: { kind: 'topic', name: 'output' },
      key: text,
      value: text,
    },
  ])
}

/** `input` to the topics that values name, into the last partition of each. */
export function routed(): Topology {
  const extractor = expression('by value', 'topicNameExtractor', 'value')
  const last = expression('last', 'streamPartitioner', 'key === "bad" ? numPartitions : numPartitions - 1')
  const partitioner: FunctionRef = {
    ...last,
    parameters: ['topic', 'key', 'value', 'numPartitions'].map((name) => ({ name })),
    resultType: { kind: 'int' },
  }
  return topology([
    { kind: 'source', id: 'in', topics: ['input'], key: text, value: text },
    {
      kind: 'sink',
      id: 'out',
      input: 'in',
      topic: { kind: 'extractor', extractor },
      key: text,
      value: text,
      partitioner,
    },
  ])
}

/** Counts `words` by their value, over a repartition topic, into `counts`. */
export function countByKey(store: Partial<KeyValueStoreSpec> = {}): Topology {
  return topology(
    [
      { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
      {
        kind: 'transform',
        id: 'rekey',
        input: 'words',
        result: 'key',
        mapper: expression('byWord', 'keyTransformer', 'value'),
        table: false,
      },
      {
        kind: 'repartition',
        id: 'by-word',
        input: 'rekey',
        topic: 'by-word-repartition',
        key: text,
        value: text,
      },
      { kind: 'aggregate', id: 'count', input: 'by-word', fold: { kind: 'count' }, store: 'counts' },
      { kind: 'to-stream', id: 'stream', input: 'count' },
      {
        kind: 'sink',
        id: 'out',
        input: 'stream',
        topic: { kind: 'topic', name: 'counts' },
        key: text,
        value: long,
      },
    ],
    [{ ...keyValueStore('counts', long), ...store }],
  )
}

/** Joins stream `orders` with table `customers`, whose own topic is its change log, into `output`. */
export function streamTableJoin(): Topology {
  return topology(
    [
      { kind: 'source', id: 'orders', topics: ['orders'], key: text, value: text },
      {
        kind: 'table-source',
        id: 'customers',
        topic: 'customers',
        key: text,
        value: text,
        store: 'customers',
      },
      {
        kind: 'stream-table-join',
        id: 'join',
        input: 'orders',
        table: 'customers',
        type: 'inner',
        joiner: joiner(),
      },
      joinOutput,
    ],
    [{ ...keyValueStore('customers', text), logging: 'source' }],
  )
}

/** Joins `left` with `right` of the same key and time into `output`; what stays alone goes there, too. */
export function streamLeftJoin(): Topology {
  const source = (id: string): Node => ({ kind: 'source', id, topics: [id], key: text, value: text })
  const kept = (name: string): StoreSpec => ({
    ...keyValueStore(name, text),
    kind: 'window',
    windowSizeMs: 1,
    retentionMs: 1000,
    retainDuplicates: true,
  })
  const join: Node = {
    kind: 'stream-join',
    id: 'join',
    left: 'left',
    right: 'right',
    type: 'left',
    joiner: joiner(),
    beforeMs: 0,
    afterMs: 0,
    graceMs: 0,
    key: text,
    leftValue: text,
    rightValue: text,
    leftStore: 'kept-left',
    rightStore: 'kept-right',
    unmatchedStore: 'waiting',
  }
  const waiting: StoreSpec = { ...keyValueStore('waiting', text), kind: 'list' }
  return topology(
    [source('left'), source('right'), join, joinOutput],
    [kept('kept-left'), kept('kept-right'), waiting],
  )
}

/** Where the joins go. */
const joinOutput: Node = {
  kind: 'sink',
  id: 'out',
  input: 'join',
  topic: { kind: 'topic', name: 'output' },
  key: text,
  value: text,
}

/** A copy of topic `cities`, and nothing else. */
export function globalTableOnly(value = text): Topology {
  return topology(
    [{ kind: 'global-table', id: 'cities', topic: 'cities', key: text, value, store: 'cities' }],
    [{ ...keyValueStore('cities', value), persistent: false, logging: 'none' }],
  )
}

function joiner(): FunctionRef {
  const ref = expression('both', 'valueJoiner', 'value1 + "/" + value2')
  return { ...ref, parameters: ['key', 'value1', 'value2'].map((name) => ({ name })) }
}

function keyValueStore(name: string, value: Format): KeyValueStoreSpec {
  return {
    name,
    kind: 'key-value',
    key: text,
    value,
    timestamped: true,
    persistent: true,
    caching: false,
    logging: 'own',
  }
}

function topology(nodes: readonly Node[], stores: readonly StoreSpec[] = []): Topology {
  return finishTopology({ name: 'test', nodes, stores, functions: { namespace: 'test', functions: [] } })
}
