import type { TransformNode } from '../../topology/topology.ts'
import { StreamError } from '../../base/errors.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Change, type Processor } from '../processor.ts'
import { headersToStructs, structsToHeaders } from './metadata.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { TableResult } from './table-result.ts'
import { derivedView, fill, newRow, unknownMs, type TableView } from './table-view.ts'
import { UserFunction } from './user-function.ts'

/** Calls the mapper for one record and emits what it gave. */
type Apply = (record: StreamRecord, mapper: UserFunction, emit: Emitter) => void

const applyByResult: Readonly<Record<TransformNode['result'], Apply>> = {
  key: (record, mapper, emit) => emit.pair(record, mapper.call2(record.key, record.value), record.value),
  value: (record, mapper, emit) => emit.pair(record, record.key, mapper.call2(record.key, record.value)),
  'key-value': (record, mapper, emit) =>
    emitPair(record, mapper, mapper.call2(record.key, record.value), emit),
  'key-values': (record, mapper, emit) => {
    const pairs = mapper.call2(record.key, record.value)
    if (pairs === null) return
    if (!Array.isArray(pairs)) throw mapper.unusable(pairs, 'a list of keys and values')
    for (const pair of pairs) emitPair(record, mapper, pair, emit)
  },
  values: (record, mapper, emit) => {
    const values = mapper.call2(record.key, record.value)
    if (!Array.isArray(values)) throw mapper.unusable(values, 'a list of values')
    for (const value of values) emit.pair(record, record.key, value ?? null)
  },
  metadata: (record, mapper, emit) => {
    const before = { timestamp: record.timestampMs, headers: headersToStructs(record.headers) }
    emit.metadata(record, mapper, mapper.call3(record.key, record.value, before))
  },
}

function emitPair(record: StreamRecord, mapper: UserFunction, pair: unknown, emit: Emitter): void {
  if (!Array.isArray(pair) || pair.length !== 2) throw mapper.unusable(pair, 'a key and a value')
  emit.pair(record, pair[0] ?? null, pair[1] ?? null)
}

/** Passes on a record of its own: the one that came in stays as it is for its other readers. */
class Emitter {
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(next: Processor, counters: NodeCounters) {
    this.#next = next
    this.#counters = counters
  }

  pair(cause: StreamRecord, key: unknown, value: unknown): void {
    this.#counters.recordsOut.value++
    const out = this.#out
    out.key = key
    out.value = value
    out.timestampMs = cause.timestampMs
    out.headers = cause.headers
    this.#next.process(out)
  }

  /** A field of the metadata that is null stays as it was. */
  metadata(cause: StreamRecord, mapper: UserFunction, metadata: unknown): void {
    if (typeof metadata !== 'object' || metadata === null) throw mapper.unusable(metadata, 'metadata')
    const { timestamp, headers } = metadata as { readonly timestamp?: unknown; readonly headers?: unknown }
    this.#counters.recordsOut.value++
    const out = this.#out
    out.key = cause.key
    out.value = cause.value
    out.timestampMs = cause.timestampMs
    out.headers = cause.headers
    if (timestamp !== null && timestamp !== undefined) out.timestampMs = checkTimestamp(timestamp, mapper)
    if (headers !== null && headers !== undefined) {
      out.headers = structsToHeaders(headers)
      if (out.headers === undefined)
        throw mapper.unusable(headers, 'a list of headers, each with key and value')
    }
    this.#next.process(out)
  }
}

function checkTimestamp(timestamp: unknown, mapper: UserFunction): number {
  if (Number.isSafeInteger(timestamp) && (timestamp as number) >= 0) return timestamp as number
  throw mapper.unusable(timestamp, 'a timestamp in whole milliseconds')
}

/** One record in; one, many or none out, as the kind of result says. */
export class StreamTransform implements Processor {
  readonly #mapper: UserFunction
  readonly #apply: Apply
  readonly #emitter: Emitter
  readonly #counters: NodeCounters

  constructor(node: TransformNode, env: ProcessEnvironment, next: Processor) {
    this.#mapper = new UserFunction(node.mapper, node.id, env)
    this.#apply = applyByResult[node.result]
    this.#counters = nodeCounters(env.metrics, node.id)
    this.#emitter = new Emitter(next, this.#counters)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    try {
      this.#apply(record, this.#mapper, this.#emitter)
    } catch (thrown) {
      throw this.#mapper.blamed(thrown)
    }
  }
}

/** Maps the values of a table; tombstones too are given to the function, as Kafka Streams' `transformValues` does. */
export class TableTransform implements Processor {
  readonly #mapper: UserFunction
  readonly #result: TableResult
  /** Costs a second call where there is no store. */
  readonly #sendsOld: boolean
  readonly #counters: NodeCounters

  constructor(node: TransformNode, env: ProcessEnvironment, next: Processor) {
    if (node.result !== 'value') {
      throw new StreamError('TOPOLOGY_INVALID', `operator "${node.id}" changes more than values of a table`, {
        hint: 'Turn the table into a stream first (toStream).',
      })
    }
    this.#mapper = new UserFunction(node.mapper, node.id, env)
    this.#result = new TableResult(node.store === undefined ? undefined : env.store(node.store), next)
    this.#sendsOld = node.sendsOld === true
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key } = record
    const change = record.value as Change
    const mapped = this.#mapper.call2(key, change.newValue)
    const oldValue = this.#result.kept ? this.#result.before(key) : this.#before(key, change.oldValue)
    this.#counters.recordsOut.value++
    this.#result.put(record, oldValue, mapped)
  }

  flush(): void {
    this.#result.flush()
  }

  #before(key: unknown, oldValue: unknown): unknown {
    return this.#sendsOld ? this.#mapper.call2(key, oldValue) : null
  }
}

/** The rows of a mapped table that has no store. */
export function mappedView(node: TransformNode, env: ProcessEnvironment, parent: TableView): TableView {
  const mapper = new UserFunction(node.mapper, node.id, env)
  const mapped = newRow()
  return derivedView(parent, (key, row) =>
    fill(mapped, mapper.call2(key, row?.value ?? null), row?.timestampMs ?? unknownMs),
  )
}
