/**
 * Runs a topology in the hands of a test: records in, records out, in microseconds each, with neither broker nor network, in
 * time that moves only when told. What runs are the operators, formats, functions and stores of production.
 *
 * A record is processed to its end before {@link TestDriver.send} returns: through internal topics, and through topics that
 * the topology both writes and reads. Where several records wait, the one with the smallest timestamp is next.
 */
import { assert } from '../base/assert.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import { ownHeaders, type Headers } from '../base/headers.ts'
import { silentLogger, type Logger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { MetricRegistry } from '../base/metrics.ts'
import { seededRandom } from '../base/random.ts'
import { materialize } from '../data/lazy.ts'
import type { Format } from '../data/types.ts'
import { openFunctions, type FunctionHost, type FunctionHostOptions } from '../functions/open-functions.ts'
import { circleOf } from '../topology/circles.ts'
import { withPatternTopics } from '../topology/pattern-topics.ts'
import { plainTopicNames, type OutgoingRecord, type RawRecord } from '../process/environment.ts'
import { openGlobalTable, type GlobalTable } from '../process/global-table.ts'
import { partitionOfKey } from '../protocol/murmur2.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { StateStore } from '../store/contracts.ts'
import { functionsOf } from '../topology/node-edges.ts'
import type { Node, SubTopology, Topology } from '../topology/topology.ts'
import { DriverQueues } from './driver-queues.ts'
import { DriverTask, type DriverSurroundings } from './driver-task.ts'

export interface TestDriverOptions {
  /** Partitions of every topic, internal ones included; default 1. */
  readonly partitions?: number
  /**
   * When operators push out what they hold and stores commit: after each record that was processed (the default), or only when
   * {@link TestDriver.commit} is called, as a long commit interval would have it.
   */
  readonly commit?: 'each-record' | 'when-told'
  /** So many records one call may bring about, however they follow from each other; default 100,000. */
  readonly recordsMax?: number
  /** Where the clock begins, in ms; default 0. */
  readonly startMs?: number
  readonly applicationId?: string
  /** The topics that there are, for streams that read all that fit a pattern. */
  readonly topics?: readonly string[]
  readonly logger?: Logger
  readonly python?: FunctionHostOptions['python']
}

/** A record to be sent. A `Buffer` goes as it is; anything else is encoded by the format that the topology reads the topic in. */
export interface DriverInput {
  readonly key?: unknown
  readonly value?: unknown
  /** Default: the clock's. */
  readonly timestampMs?: number
  readonly headers?: Headers
  /** Default: by the key; without a key 0. */
  readonly partition?: number
}

/** A record that was written: plain values, decoded by the format of the sink that wrote it. */
export interface DriverOutput {
  readonly key: unknown
  readonly value: unknown
  readonly timestampMs: number
  readonly partition: number
  readonly headers: Headers | undefined
}

interface Formats {
  readonly key: Format
  readonly value: Format
}

export class TestDriver {
  readonly clock: ManualClock
  readonly metrics = new MetricRegistry()
  readonly #topology: Topology
  readonly #options: TestDriverOptions
  readonly #functions: FunctionHost
  readonly #surroundings: DriverSurroundings
  readonly #tasks = new Map<string, DriverTask>()
  readonly #globals = new Map<string, GlobalTable>()
  readonly #readers = new Map<string, SubTopology>()
  readonly #inputs = new Map<string, Formats>()
  readonly #written = new Map<string, Formats>()
  readonly #outputs = new Map<string, DriverOutput[]>()
  readonly #offsets = new Map<string, number>()
  readonly #waiting = new DriverQueues()
  /** Of each partition of a topic: the largest timestamp, as its source left it. */
  readonly #partitionTimesMs = new Map<string, number>()
  readonly #writer = new ByteWriter()

  private constructor(topology: Topology, options: TestDriverOptions, functions: FunctionHost) {
    this.#topology = topology
    this.#options = options
    this.#functions = functions
    this.clock = new ManualClock(options.startMs ?? 0)
    this.#surroundings = {
      clock: this.clock,
      logger: options.logger ?? silentLogger,
      metrics: this.metrics,
      functions,
      globalStore: (node) => this.#globalTable(node).store,
      topics: plainTopicNames(this.#applicationId),
      partitionCount: () => this.#partitions,
      send: (record) => this.#collect(record),
    }
    for (const node of topology.nodes) this.#register(node)
    for (const sub of topology.subTopologies)
      for (const topic of sub.sources)
        this.#readers.set(sub.repartitionSources.includes(topic) ? this.#internalTopic(topic) : topic, sub)
  }

  /** @throws StreamError `FUNCTION_INVALID` for a function that cannot be compiled */
  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TestDriver> {
    const functions = await openFunctions(topology.functions, {
      logger: options.logger ?? silentLogger,
      metrics: new MetricRegistry(),
      random: seededRandom(1),
      inline: topology.nodes.flatMap(functionsOf),
      ...(options.python === undefined ? {} : { python: options.python }),
    })
    const [problem] = functions.problems
    if (problem !== undefined) throw problem
    return new TestDriver(withPatternTopics(topology, options.topics ?? []), options, functions)
  }

  /**
   * Processes one record, and all that it brings about.
   *
   * @throws StreamError what the topology throws for it, or `TOPOLOGY_INVALID` where nothing reads the topic, or where what it brings
   *   about does not end
   */
  send(topic: string, record: DriverInput): void {
    const formats = this.#inputs.get(topic)
    if (formats === undefined)
      throw new StreamError('TOPOLOGY_INVALID', `nothing reads topic "${topic}"`, {
        hint: `Send to one of: ${[...this.#inputs.keys()].join(', ')}.`,
      })
    const key = this.#encode(record.key, formats.key, 'key')
    const partition = record.partition ?? this.#partitionOf(key)
    this.#enqueue({
      topic,
      partition,
      key,
      value: this.#encode(record.value, formats.value, 'value'),
      timestampMs: record.timestampMs ?? this.clock.nowMs(),
      headers: record.headers,
    })
    this.#drain()
  }

  /** Operators push out what they hold, stores commit, and what that brings about is processed too. */
  commit(): void {
    for (const sub of this.#topology.subTopologies)
      for (let partition = 0; partition < this.#partitions; partition++) {
        this.#tasks.get(`${sub.index}_${partition}`)?.commit()
        this.#drain()
      }
  }

  /** Moves the clock, and does what time has come for by then: once, however often it would have been. */
  async advance(byMs: number): Promise<void> {
    const tasks = this.#topology.subTopologies.flatMap((sub) =>
      Array.from({ length: this.#partitions }, (_, partition) => this.#task(sub, partition)),
    )
    await this.clock.advance(byMs)
    for (const task of tasks) {
      task.punctuate()
      if (this.#options.commit !== 'when-told') task.commit()
    }
    this.#drain()
  }

  /** Takes what was written to a topic since the last call, in order. */
  take(topic: string): DriverOutput[] {
    return this.#outputs.get(topic)?.splice(0) ?? []
  }

  /** The topics that something was written to. */
  get topics(): readonly string[] {
    return [...this.#outputs.keys()]
  }

  /** A store of one partition's task, or a global table's: tell its kind by its `kind`. @throws StreamError `NAME_NOT_FOUND` */
  store(name: string, partition = 0): StateStore {
    const sub = this.#topology.subTopologies.find(({ stores }) => stores.includes(name))
    const found = sub === undefined ? this.#globalStore(name) : this.#task(sub, partition).store(name)
    if (found !== undefined) return found
    throw new StreamError('NAME_NOT_FOUND', `no task has a store "${name}"`, {
      hint: `Name one of: ${this.#topology.stores.map((store) => store.name).join(', ')}.`,
    })
  }

  async close(): Promise<void> {
    for (const task of this.#tasks.values()) task.close()
    for (const table of this.#globals.values()) table.close()
    await this.#functions.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #partitions(): number {
    return this.#options.partitions ?? 1
  }

  get #recordsMax(): number {
    return this.#options.recordsMax ?? 100_000
  }

  get #applicationId(): string {
    return this.#options.applicationId ?? this.#topology.name
  }

  #internalTopic(name: string): string {
    return plainTopicNames(this.#applicationId).internal(name)
  }

  #register(node: Node): void {
    switch (node.kind) {
      case 'source':
        for (const topic of node.topics) this.#inputs.set(topic, node)
        return
      case 'table-source':
        this.#inputs.set(node.topic, node)
        return
      case 'global-table':
        this.#inputs.set(node.topic, node)
        this.#globals.set(node.id, this.#openGlobal(node))
        return
      case 'sink':
        this.#written.set(node.topic.kind === 'topic' ? node.topic.name : '', node)
        return
      default:
    }
  }

  #openGlobal(node: Extract<Node, { readonly kind: 'global-table' }>): GlobalTable {
    const spec = this.#topology.stores.find(({ name }) => name === node.store)
    assert(spec?.kind === 'key-value', `global table "${node.id}" has no store`)
    const { metrics, clock } = this
    const { logger } = this.#surroundings
    const serde = (format: Format, _topic: string, side: 'key' | 'value') => serdeFor(format, side)
    return openGlobalTable(node, { spec, metrics, logger, clock, serde })
  }

  #globalStore(name: string): StateStore | undefined {
    const node = this.#topology.nodes.find((one) => one.kind === 'global-table' && one.store === name)
    return node === undefined ? undefined : this.#globalTable(node.id).store
  }

  #globalTable(node: string): GlobalTable {
    const table = this.#globals.get(node)
    assert(table !== undefined, `there is no global table "${node}"`)
    return table
  }

  #task(sub: SubTopology, partition: number): DriverTask {
    const id = `${sub.index}_${partition}`
    let task = this.#tasks.get(id)
    if (task === undefined) {
      const { nodes, stores } = this.#topology
      task = new DriverTask({ sub, partition, nodes, stores, surroundings: this.#surroundings })
      this.#tasks.set(id, task)
    }
    return task
  }

  #encode(value: unknown, format: Format, side: 'key' | 'value'): Buffer | null {
    if (value === null || value === undefined) return null
    if (Buffer.isBuffer(value)) return value
    this.#writer.reset()
    serdeFor(format, side).encode(value, this.#writer, undefined)
    return this.#writer.copy()
  }

  #partitionOf(key: Buffer | null): number {
    return key === null ? 0 : partitionOfKey(key, 0, key.length, this.#partitions)
  }

  #collect({ topic, partition, key, value, timestampMs, headers }: OutgoingRecord): void {
    const keyBytes = key?.copy() ?? null
    const record = {
      topic,
      partition: partition < 0 ? this.#partitionOf(keyBytes) : partition,
      key: keyBytes,
      value: value?.copy() ?? null,
      timestampMs,
      headers: ownHeaders(headers),
    }
    const formats = this.#written.get(topic) ?? this.#written.get('')
    if (formats !== undefined) this.#keep(record, formats)
    if (this.#readers.has(topic) || this.#inputs.has(topic)) this.#enqueue(record)
  }

  #keep({ topic, key, value, ...rest }: EncodedRecord, formats: Formats): void {
    const record = { key: decode(key, formats.key), value: decode(value, formats.value), ...rest }
    const records = this.#outputs.get(topic)
    if (records === undefined) this.#outputs.set(topic, [record])
    else records.push(record)
  }

  #enqueue(record: EncodedRecord): void {
    const place = `${record.topic}-${record.partition}`
    const offset = this.#offsets.get(place) ?? 0
    this.#offsets.set(place, offset + 1)
    this.#waiting.add(rawRecord(record, offset))
  }

  #drain(): void {
    const waiting = this.#waiting
    const end = waiting.count + this.#recordsMax
    for (let raw = waiting.take(); raw !== undefined; raw = waiting.take()) {
      this.#process(raw)
      if (waiting.count <= end) continue
      waiting.clear()
      throw this.#endless(raw.topic)
    }
  }

  /** What goes round for ever would keep a test from ending. */
  #endless(topic: string): StreamError {
    const read = [topic, ...this.#inputs.keys()]
    const topics = read.map((one) => circleOf(this.#topology.nodes, one)).find(Boolean)?.topics ?? []
    const way = topics.map((one) => `"${one}"`).join(', ')
    return new StreamError(
      'TOPOLOGY_INVALID',
      topics.length === 0
        ? 'what was sent brings about too many records'
        : `topic "${topics[0]}" flows back into itself without an end`,
      {
        detail: `There are more than ${this.#recordsMax}${topics.length === 0 ? `, the last ones in "${topic}"` : ` by way of ${way}`}.`,
        hint: `${topics.length === 0 ? 'Send less at once' : 'Leave records out on the way, with "filter" or "branch"'}, or give the driver a larger "recordsMax".`,
      },
    )
  }

  #process(raw: RawRecord): void {
    for (const table of this.#globals.values()) if (table.topic === raw.topic) table.apply(raw)
    const sub = this.#readers.get(raw.topic)
    if (sub === undefined) return
    const task = this.#task(sub, raw.partition)
    const place = `${raw.topic}-${raw.partition}`
    raw.partitionTimeMs = this.#partitionTimesMs.get(place) ?? -1
    task.accept(raw)
    this.#partitionTimesMs.set(place, raw.partitionTimeMs)
    if (this.#options.commit !== 'when-told') task.commit()
  }
}

interface EncodedRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers: Headers | undefined
}

function rawRecord({ key, value, ...rest }: EncodedRecord, offset: number): RawRecord {
  const buffer = Buffer.concat([key ?? empty, value ?? empty])
  const valueStart = key?.length ?? 0
  return {
    ...rest,
    offset,
    partitionTimeMs: -1,
    buffer,
    keyStart: 0,
    keyEnd: key === null ? -1 : valueStart,
    valueStart,
    valueEnd: value === null ? -1 : buffer.length,
  }
}

const empty = Buffer.alloc(0)

function decode(bytes: Buffer | null, format: Format): unknown {
  if (bytes === null) return null
  return materialize(serdeFor(format).decode(bytes, 0, bytes.length, undefined))
}
