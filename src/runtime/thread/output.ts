import type { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { ownHeaders, type Headers } from '../../base/headers.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { assert } from '../../base/assert.ts'
import type { AppendedRecord, Producer, TopicPartition } from '../../kafka/contracts.ts'
import type { Collector, OutgoingRecord } from '../../process/environment.ts'
import type { LoggedChange } from '../../store/contracts.ts'
import type { ApplicationOptions } from '../options.ts'
import { CommittedCounts } from './committed-counts.ts'

const nothing = Buffer.alloc(0)

interface KnownTopic {
  /** Undefined: nobody has asked this producer. */
  partitions: number | undefined
  readonly sent: Counter
}

interface HeldRecord {
  readonly topic: string
  readonly send: () => void
}

/**
 * Where the records of one stream thread leave. One producer, hence one transaction, for all its tasks; the producer is replaced
 * when the outcome of a transaction is unknown, and whoever sends does not notice.
 *
 * Sending is synchronous, but asking the cluster for a topic's partitions is not. A record for a topic that is met for the first
 * time is held, with all that follow it to that topic, until {@link Output.settle} has asked.
 */
export class Output implements Collector {
  readonly #metrics: Metrics
  readonly #options: OutputOptions
  /** What the open transaction counts. */
  readonly counts: CommittedCounts
  /** Never forgotten: as many as `bounds.outputTopics`, here, in the producer and in the client's metadata. */
  readonly #topics = new Map<string, KnownTopic>()
  readonly #record = newRecord()
  #producer: Producer | undefined = undefined
  #held: HeldRecord[] = []

  constructor(metrics: Metrics, options: OutputOptions) {
    this.#metrics = metrics
    this.#options = options
    this.counts = new CommittedCounts(options.guarantee)
  }

  /**
   * Sends through this producer from now on. What was held for a former one belonged to its transaction and is dropped; what was
   * known of topics is asked for again, since each producer keeps that for itself.
   */
  async use(producer: Producer): Promise<void> {
    this.#producer = producer
    this.#held = []
    const known = [...this.#topics].filter(([, { partitions }]) => partitions !== undefined)
    for (const [, topic] of known) topic.partitions = undefined
    for (const [name] of known) await this.#learnAgain(name)
  }

  /** A topic that is gone is met again when a record is for it, and only then is it missing. */
  async #learnAgain(topic: string): Promise<void> {
    try {
      await this.learn([topic])
    } catch (error) {
      if (toStreamError(error).code !== 'TOPIC_MISSING') throw error
    }
  }

  get producer(): Producer {
    assert(this.#producer !== undefined, 'output is used before its producer')
    return this.#producer
  }

  get full(): boolean {
    return this.producer.full || this.#held.length > 0
  }

  /** Asks the cluster about topics that will be written to. @throws StreamError `TOPIC_MISSING` */
  async learn(topics: Iterable<string>): Promise<void> {
    for (const name of topics) this.#topic(name).partitions = await this.producer.partitionCount(name)
  }

  /** Undefined where nobody has asked yet. */
  partitionCount(topic: string): number | undefined {
    return this.#topics.get(topic)?.partitions
  }

  /**
   * Acts when {@link Output.settle} has asked about the topic, in its turn among what is held.
   *
   * @throws StreamError `BUFFER_FULL`, `TOPICS_TOO_MANY`
   */
  whenKnown(topic: string, send: () => void): void {
    this.#topic(topic)
    if (this.#held.length >= this.#options.bounds.heldRecords)
      throw tooManyHeld(this.#options.bounds.heldRecords)
    this.#held.push({ topic, send })
  }

  send(outgoing: OutgoingRecord): void {
    const record = this.#record
    record.partition = outgoing.partition
    record.timestampMs = outgoing.timestampMs
    record.headers = outgoing.headers
    setKey(record, outgoing.key)
    setValue(record, outgoing.value)
    this.#append(outgoing.topic, record)
  }

  /** A change-log record. */
  sendChange(to: TopicPartition, change: LoggedChange): void {
    const record = this.#record
    record.partition = to.partition
    record.timestampMs = change.timestampMs
    record.headers = undefined
    record.key = change.bytes
    record.keyStart = change.keyStart
    record.keyEnd = change.keyEnd
    record.value = change.bytes
    record.valueStart = change.valueStart
    record.valueEnd = change.valueEnd
    this.#append(to.topic, record)
  }

  /** Bytes as they are: dead letters. */
  sendBytes(to: TopicPartition, key: Buffer | null, value: Buffer | null, facts: RecordFacts): void {
    const record = this.#record
    record.partition = to.partition
    record.timestampMs = facts.timestampMs
    record.headers = facts.headers
    record.key = key ?? nothing
    record.keyStart = 0
    record.keyEnd = key === null ? -1 : key.length
    record.value = value ?? nothing
    record.valueStart = 0
    record.valueEnd = value === null ? -1 : value.length
    this.#append(to.topic, record)
  }

  /** Whether records wait for {@link Output.settle}. */
  get holds(): boolean {
    return this.#held.length > 0
  }

  /** Asks about the topics of the records that are held, and sends them. */
  async settle(): Promise<void> {
    const held = this.#held
    if (held.length === 0) return
    await this.learn(new Set(held.map(({ topic }) => topic)))
    this.#held = []
    for (const { send } of held) send()
  }

  /** Forgets what is held and what was counted, after its transaction was aborted. */
  dropOpen(): void {
    this.#held = []
    this.counts.drop()
  }

  #append(topic: string, record: AppendedRecord): void {
    const known = this.#topics.get(topic)
    if (known?.partitions === undefined) return this.#hold(topic, record)
    this.producer.append(topic, record)
    known.sent.value += 1
  }

  #hold(topic: string, record: AppendedRecord): void {
    // Everything is copied: by the time it is sent, what the record came with has been read over.
    const { keyStart, keyEnd, valueStart, valueEnd } = record
    const own: AppendedRecord = {
      ...record,
      key: Buffer.from(record.key.subarray(keyStart, Math.max(keyStart, keyEnd))),
      keyStart: 0,
      keyEnd: keyEnd < 0 ? -1 : keyEnd - keyStart,
      value: Buffer.from(record.value.subarray(valueStart, Math.max(valueStart, valueEnd))),
      valueStart: 0,
      valueEnd: valueEnd < 0 ? -1 : valueEnd - valueStart,
      headers: ownHeaders(record.headers),
    }
    this.whenKnown(topic, () => this.#append(topic, own))
  }

  #topic(topic: string): KnownTopic {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    if (this.#topics.size >= this.#options.bounds.outputTopics)
      throw tooManyTopics(topic, this.#options.bounds.outputTopics)
    const sent = this.#metrics.counter(
      'weft_records_out_total',
      'records that readers of committed records see, by topic',
      { topic },
    )
    const made: KnownTopic = { partitions: undefined, sent: this.counts.of(sent) }
    this.#topics.set(topic, made)
    return made
  }
}

type OutputOptions = Pick<ApplicationOptions, 'guarantee' | 'bounds'>

function tooManyTopics(topic: string, max: number): StreamError {
  return new StreamError(
    'TOPICS_TOO_MANY',
    `topic "${topic}" is one more than the ${max} topics that a thread writes to`,
    {
      detail: 'Each of them is kept in memory for as long as the thread runs.',
      hint: 'Let the function that names topics name fewer, and put what tells them apart into the key or the value.',
    },
  )
}

function tooManyHeld(max: number): StreamError {
  return new StreamError('BUFFER_FULL', `more than ${max} records wait for topics that are new`, {
    detail:
      'The cluster is asked about new topics when the work at hand is done; until then their records wait.',
    hint: 'Write fewer records for each input record to topics that functions name, or commit more often.',
  })
}

interface RecordFacts {
  readonly timestampMs: number
  readonly headers: Headers | undefined
}

function setKey(record: AppendedRecord, key: ByteWriter | null): void {
  record.key = key === null ? nothing : key.buffer
  record.keyStart = 0
  record.keyEnd = key === null ? -1 : key.length
}

function setValue(record: AppendedRecord, value: ByteWriter | null): void {
  record.value = value === null ? nothing : value.buffer
  record.valueStart = 0
  record.valueEnd = value === null ? -1 : value.length
}

function newRecord(): AppendedRecord {
  return {
    partition: -1,
    timestampMs: 0,
    key: nothing,
    keyStart: 0,
    keyEnd: -1,
    value: nothing,
    valueStart: 0,
    valueEnd: -1,
    headers: undefined,
  }
}
