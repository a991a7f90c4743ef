import type { Counter } from '../../base/metrics.ts'
import type { Carried } from '../../topology/foreign-key-nodes.ts'
import type { NodeId, SourceNode, TableSourceNode } from '../../topology/topology.ts'
import type { ProcessEnvironment, RawRecord, RecordSource } from '../environment.ts'
import { StreamRecord, type Processor, type TaskContext } from '../processor.ts'
import { carriedSerde } from './carried-serde.ts'
import { columnMisfits } from './column-misfits.ts'
import { Decoder } from './decoder.ts'
import { drops, type Drops } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

interface SourceOptions {
  readonly node: NodeId
  readonly topic: string
  readonly decoder: Decoder
  readonly timestamp: UserFunction | undefined
  readonly env: ProcessEnvironment
  readonly next: Processor
}

/** Decodes the records of one topic into one reused {@link StreamRecord} and says in the task's context where it came from. */
export class Source implements RecordSource {
  readonly #context: TaskContext
  /** What functions call it. */
  readonly #topic: string
  readonly #decoder: Decoder
  readonly #timestamp: UserFunction | undefined
  readonly #next: Processor
  readonly awaits: RecordSource['awaits']
  readonly #recordsIn: Counter
  readonly #negativeTimestamps: Drops
  readonly #record = new StreamRecord()

  constructor({ node, topic, decoder, timestamp, env, next }: SourceOptions) {
    this.#context = env.context
    this.#topic = env.topics.known(topic)
    this.#decoder = decoder
    this.#timestamp = timestamp
    this.#next = next
    this.awaits = decoder.mayWait ? (raw) => decoder.awaits(raw) : undefined
    this.#recordsIn = env.metrics.counter('weft_source_records_total', 'Records read from a topic', {
      node,
      topic,
    })
    this.#negativeTimestamps = drops(env, node, 'negative-timestamp')
  }

  accept(raw: RawRecord): void {
    this.#recordsIn.value++
    const context = this.#context
    context.topic = this.#topic
    context.partition = raw.partition
    context.offset = raw.offset
    const record = this.#record
    record.key = this.#decoder.key(raw)
    record.value = this.#decoder.value(raw)
    record.headers = raw.headers
    const timestampMs = this.#timestamp === undefined ? raw.timestampMs : this.#extract(raw, this.#timestamp)
    if (timestampMs < 0) {
      this.#negativeTimestamps.count()
      return
    }
    record.timestampMs = timestampMs
    context.timestampMs = timestampMs
    if (timestampMs > raw.partitionTimeMs) raw.partitionTimeMs = timestampMs
    if (timestampMs > context.streamTimeMs) context.streamTimeMs = timestampMs
    this.#next.process(record)
  }

  #extract(raw: RawRecord, extractor: UserFunction): number {
    const record = {
      timestamp: raw.timestampMs,
      timestampType: 'CreateTime',
      key: this.#record.key,
      value: this.#record.value,
      topic: this.#topic,
      partition: raw.partition,
      offset: raw.offset,
    }
    const result = extractor.call2(record, raw.partitionTimeMs)
    if (Number.isSafeInteger(result)) return result as number
    throw extractor.unusable(result, 'a timestamp in whole milliseconds')
  }
}

interface BuildSourceOptions {
  readonly topic: string
  readonly env: ProcessEnvironment
  readonly next: Processor
  /** Whether anything downstream reads the record key. */
  readonly keyRead: boolean
  readonly carries?: Carried | undefined
}

export function buildSource(
  node: SourceNode | TableSourceNode,
  { topic, env, next, keyRead, carries }: BuildSourceOptions,
): Source {
  const value = env.serde(node.value, topic, 'value')
  const decoder = new Decoder({
    node: node.id,
    key: keyRead || node.timestamp !== undefined ? env.serde(node.key, topic, 'key') : undefined,
    value: carriedSerde(value, carries),
    columns: node.columns,
    onMisfit: columnMisfits(node, env),
  })
  const timestamp = node.timestamp === undefined ? undefined : new UserFunction(node.timestamp, node.id, env)
  return new Source({ node: node.id, topic, decoder, timestamp, env, next })
}

/** Several nodes read one topic: each decodes for itself. */
export class SharedSource implements RecordSource {
  readonly #sources: readonly RecordSource[]

  /** None may have the record before all can. */
  readonly awaits: RecordSource['awaits']

  constructor(sources: readonly RecordSource[]) {
    this.#sources = sources
    const waiting = sources.filter((source) => source.awaits !== undefined)
    this.awaits =
      waiting.length === 0 ? undefined : (raw) => waiting.some((source) => source.awaits?.(raw) === true)
  }

  accept(raw: RawRecord): void {
    for (const source of this.#sources) source.accept(raw)
  }
}
