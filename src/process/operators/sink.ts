import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { addDetail, toStreamError } from '../../base/errors.ts'
import { ownHeaders, type Header, type Headers } from '../../base/headers.ts'
import type { Counter } from '../../base/metrics.ts'
import { detach, materialize } from '../../data/lazy.ts'
import type { Format } from '../../data/types.ts'
import type { Serde } from '../../serde/serde.ts'
import type { Carried } from '../../topology/foreign-key-nodes.ts'
import type { FunctionRef } from '../../topology/functions.ts'
import type { NodeId, TopicTarget } from '../../topology/topology.ts'
import type { OutgoingRecord, ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { carriedSerde } from './carried-serde.ts'
import type { Answer } from './foreign-key-messages.ts'
import { headersToStructs } from './metadata.ts'
import { drops, type Drops } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/** What a sink and the writing half of a repartition have in common. */
export interface SinkDescription {
  readonly id: NodeId
  /** A real topic name, or a function that gives one. */
  readonly topic: TopicTarget
  readonly key: Format
  readonly value: Format
  readonly partitioner?: FunctionRef
  readonly dropsNullKeys?: boolean
  readonly carries?: Carried
}

const byDefaultPartitioner = -1
/** Topics of an extractor whose serdes are kept. */
const extractedMax = 1000

/** Encodes records and hands them to the collector; one writer a side, reused. A value that nobody changed goes out as bytes. */
export class Sink implements Processor {
  readonly #env: ProcessEnvironment
  readonly #node: SinkDescription
  readonly #serdes: { readonly key: Serde; readonly value: Serde }
  readonly #extractor: UserFunction | undefined
  readonly #partitioner: UserFunction | undefined
  readonly #recordsOut: Counter
  /** Where records without a key are left out: how many were. */
  readonly #nullKeys: Drops | undefined
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()
  readonly #outgoing: OutgoingRecord
  /** What encoding one record adds to its headers. */
  readonly #added: Header[] = []
  /** By the topics that an extractor has named, where serdes go by topic. */
  readonly #extracted = new Map<string, { readonly key: Serde; readonly value: Serde }>()

  constructor(node: SinkDescription, env: ProcessEnvironment) {
    const topic = node.topic.kind === 'topic' ? node.topic.name : ''
    this.#env = env
    this.#node = node
    const values = env.serde(node.value, topic, 'value')
    this.#serdes = {
      key: env.serde(node.key, topic, 'key'),
      value: carriedSerde(values, node.carries),
    }
    this.#extractor =
      node.topic.kind === 'extractor' ? new UserFunction(node.topic.extractor, node.id, env) : undefined
    this.#partitioner =
      node.partitioner === undefined ? undefined : new UserFunction(node.partitioner, node.id, env)
    if (node.topic.kind === 'topic') {
      this.#serdes.key.prepare?.()
      this.#serdes.value.prepare?.()
    }
    this.#nullKeys = node.dropsNullKeys === true ? drops(env, node.id, 'null-key') : undefined
    const labels = { node: node.id, topic }
    this.#recordsOut = env.metrics.counter('weft_sink_records_total', 'Records written to a topic', labels)
    this.#outgoing = {
      topic,
      partition: byDefaultPartitioner,
      timestampMs: 0,
      key: null,
      value: null,
      headers: undefined,
    }
  }

  process(record: StreamRecord): void {
    if (this.#nullKeys !== undefined && record.key === null) {
      this.#nullKeys.count()
      return
    }
    if (this.#extractor === undefined) return this.#write(record)
    const topic = this.#extract(record, this.#extractor)
    this.#outgoing.topic = topic
    if (this.#env.partitionCount(topic) === undefined) this.#writeLater(record, topic)
    else this.#write(record)
  }

  #write(record: StreamRecord): void {
    this.#fill(record)
    if (this.#partitioner === undefined) this.#send()
    else this.#partition(record, this.#partitioner)
  }

  /** A function has named a topic that nobody has written to. */
  #writeLater(record: StreamRecord, topic: string): void {
    const own = new StreamRecord()
    own.key = detach(record.key)
    own.value = detach(record.value)
    own.timestampMs = record.timestampMs
    own.headers = ownHeaders(record.headers)
    this.#env.whenKnown(topic, () => {
      this.#outgoing.topic = topic
      this.#write(own)
    })
  }

  /** The topic has been chosen: serdes may go by it. */
  #fill(record: StreamRecord): void {
    const outgoing = this.#outgoing
    const { key, value } = this.#extractor === undefined ? this.#serdes : this.#serdesOf(outgoing.topic)
    this.#added.length = 0
    outgoing.key = record.key === null ? null : this.#encode(record.key, key, this.#key)
    outgoing.value = record.value === null ? null : this.#encode(record.value, value, this.#value)
    if (this.#node.carries === 'answers') outgoing.partition = (record.value as Answer).partition
    outgoing.timestampMs = record.timestampMs
    outgoing.headers = this.#added.length === 0 ? record.headers : withHeaders(record.headers, this.#added)
  }

  #serdesOf(topic: string): { readonly key: Serde; readonly value: Serde } {
    const known = this.#extracted.get(topic)
    if (known !== undefined) return known
    const { key, value } = this.#node
    const made = { key: this.#env.serde(key, topic, 'key'), value: this.#env.serde(value, topic, 'value') }
    if (this.#extracted.size >= extractedMax) this.#extracted.clear()
    this.#extracted.set(topic, made)
    return made
  }

  #send(): void {
    this.#recordsOut.value++
    this.#env.collector.send(this.#outgoing)
  }

  #encode(value: unknown, serde: Serde, writer: ByteWriter): ByteWriter {
    writer.reset()
    try {
      serde.encode(value, writer, this.#added)
    } catch (error) {
      const sentence = `It is the ${writer === this.#key ? 'key' : 'value'} of a record written by "${this.#node.id}".`
      throw addDetail(toStreamError(error), sentence)
    }
    return writer
  }

  #extract(record: StreamRecord, extractor: UserFunction): string {
    const { topic, partition, offset } = this.#env.context
    const headers = headersToStructs(record.headers)
    const recordContext = { offset, timestamp: record.timestampMs, topic, partition, headers }
    const name = extractor.call3(materialize(record.key), record.value, recordContext)
    if (typeof name === 'string' && name !== '') return this.#env.topics.real(name)
    throw extractor.unusable(name, 'the name of a topic')
  }

  /** A number is a partition, a list several, and null leaves the choice to the default partitioner. */
  #partition(record: StreamRecord, partitioner: UserFunction): void {
    const outgoing = this.#outgoing
    const count = this.#env.partitionCount(outgoing.topic)
    assert(count !== undefined, `topic "${outgoing.topic}" is written to before its partitions are known`)
    const value = this.#node.carries === undefined ? record.value : null
    const result = partitioner.callAll([
      this.#env.topics.known(outgoing.topic),
      materialize(record.key),
      value,
      count,
    ])
    const chosen: readonly unknown[] = Array.isArray(result) ? result : [result]
    // All of them before the first is sent: a record that is refused must not be half written.
    const wrong = chosen.find((partition) => partition !== null && !isPartition(partition, count))
    if (wrong !== undefined) throw partitioner.unusable(wrong, `a partition from 0 to ${count - 1}`)
    for (const partition of chosen as readonly (number | null)[]) {
      outgoing.partition = partition ?? byDefaultPartitioner
      this.#send()
    }
  }
}

/** A record's own headers, but for those that encoding gives anew. */
function withHeaders(headers: Headers | undefined, added: readonly Header[]): Headers {
  const kept = headers?.filter(({ key }) => !added.some((header) => header.key === key)) ?? []
  return [...kept, ...added]
}

function isPartition(value: unknown, count: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count
}
