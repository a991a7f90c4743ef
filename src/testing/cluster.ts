import { assert } from '../base/assert.ts'
import type { Headers } from '../base/headers.ts'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import { Broker } from '../broker/broker.ts'
import type { BrokerConfig } from '../broker/broker-config.ts'
import { openKafka } from '../kafka/client.ts'
import { partitionKey } from '../kafka/contracts.ts'
import type { IsolationLevel, Kafka, Producer, TopicPartition } from '../kafka/contracts.ts'
import { RecordColumns } from '../protocol/record-columns.ts'
import { Application } from '../runtime/application.ts'
import type { ProcessEngines } from '../store/state-engines.ts'
import { resolveOptions } from '../runtime/options.ts'
import type { ApplicationSettings, Surroundings } from '../runtime/options.ts'
import type { Topology } from '../topology/topology.ts'
import { inMemoryConnector } from './in-memory-connector.ts'
import { NetworkLink } from './network-link.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedHost } from './simulated-host.ts'
import type { StepListener } from './simulated-host.ts'

export interface ClusterOptions {
  readonly seed?: number
  readonly logger?: Logger
  readonly broker?: Partial<BrokerConfig>
  /**
   * `step` (the default): in small steps, with a turn of the event loop each, so that what really takes time may go on beside.
   * `jump`: from timer to timer, for simulations in which nothing does.
   */
  readonly time?: 'step' | 'jump'
}

export interface TestRecord {
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  /** Absent: by the key. */
  readonly partition?: number
  readonly timestampMs?: number
}

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** As text. */
  readonly key: string | null
  readonly keyBytes: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers | undefined
}

/** What an application in a test cluster may be told; the cluster itself says where the brokers are. */
export type TestApplicationSettings = Partial<Omit<ApplicationSettings, 'kafka' | 'hosting'>>

/** What a simulated process stands on. */
export interface ProcessOptions {
  /** Outlives the process; absent: stores are in memory. */
  readonly disk?: SimulatedDisk
  /** Real stores on disk, instead. */
  readonly engines?: ProcessEngines
  /** Called wherever the process touches the world outside. */
  readonly onStep?: StepListener
  /** How long a request or an answer is under way; asked for each. Absent: no time at all. */
  readonly latencyMs?: () => number
  /** The schema registry of a notation. */
  readonly registryOf?: NonNullable<Surroundings['registryOf']>
}

interface Process {
  readonly link: NetworkLink
  readonly host: SimulatedHost
}

/** Of no one node: it leads to one that runs, so that who knows only a node that is down finds the others. */
const bootstrap = 'broker:9000'
/** Tests write records with any times, and look at all of them at the end. */
const keptForEver = { 'retention.ms': '-1' }
/** Virtual time per turn of the event loop: short beside every time-out, long enough that minutes pass quickly. */
const stepMs = 5
const readEveryMs = 100

/**
 * A broker, clients and applications in one thread and in virtual time: nothing moves but inside {@link TestCluster.run},
 * {@link TestCluster.until} and {@link TestCluster.advance}, and the same seed gives the same run.
 */
export class TestCluster {
  readonly clock = new ManualClock()
  readonly random: Random
  readonly broker: Broker
  /** The test's own client. */
  readonly kafka: Kafka
  readonly #logger: Logger
  readonly #jumps: boolean
  readonly #processes = new Map<Application, Process>()
  #started = 0
  #producer: Producer | undefined = undefined

  constructor({ seed = 1, logger = silentLogger, broker = {}, time = 'step' }: ClusterOptions = {}) {
    this.#jumps = time === 'jump'
    this.random = seededRandom(seed)
    this.#logger = logger
    this.broker = new Broker({
      clock: this.clock,
      random: this.random,
      logger,
      topicDefaults: keptForEver,
      ...broker,
    })
    this.kafka = openKafka({ ...this.#client(), clientId: 'test' })
  }

  /** An application in a process of its own, with its own process id, not started; closed with the cluster. */
  application(
    topology: Topology,
    settings: TestApplicationSettings = {},
    { disk, engines: lent, registryOf, ...watched }: ProcessOptions = {},
  ): Application {
    this.#started += 1
    const processId = `process-${this.#started}`
    const options = resolveOptions({
      applicationId: 'app',
      identity: { kind: 'fixed', processId },
      ...settings,
      hosting: 'inline',
      kafka: { bootstrap },
    })
    const name = options.identity.kind === 'fixed' ? options.identity.processId : processId
    const link = new NetworkLink(this.#client().connector)
    const host = new SimulatedHost({
      clock: this.clock,
      connector: link.connector,
      logger: this.#logger.with({ process: name }),
      ...watched,
    })
    const { connector, clock, logger } = host
    const engines = disk === undefined ? {} : { engines: disk.mount(host) }
    const registries = registryOf === undefined ? {} : { registryOf }
    const surroundings = { connector, clock, random: this.random, logger, ...engines, ...registries }
    const application = new Application(topology, options, {
      surroundings,
      ...(lent === undefined ? {} : { engines: lent }),
    })
    this.#processes.set(application, { link, host })
    return application
  }

  /**
   * Ends an application as a lost machine does: the cluster hears nothing from it any more, and it finds that out. Another with its
   * process id may follow.
   */
  crash(application: Application): void {
    this.network(application).cut()
    void application.stop()
  }

  /** Ends an application's process as `kill -9` does: not one step more. Its network and its disk know of it at once. */
  kill(application: Application): void {
    this.host(application).kill()
    this.#processes.delete(application)
  }

  /** The application's way to the cluster. */
  network(application: Application): NetworkLink {
    return this.#process(application).link
  }

  /** What the application's process runs on. */
  host(application: Application): SimulatedHost {
    return this.#process(application).host
  }

  #process(application: Application): Process {
    const process = this.#processes.get(application)
    assert(process !== undefined, 'the application is of another cluster, or was killed')
    return process
  }

  /** Lets time pass until the promise is settled. */
  async run<T>(work: Promise<T>, withinMs = 600_000): Promise<T> {
    let settled = false
    const finish = (): void => {
      settled = true
    }
    work.then(finish, finish)
    await this.until(() => settled, withinMs)
    return work
  }

  /** Lets time pass until the condition holds, asked at every turn. @throws StreamError `INVARIANT_BROKEN` when it does not in time */
  async until(holds: () => boolean, withinMs = 120_000): Promise<void> {
    const endMs = this.clock.nowMs() + withinMs
    while (!holds()) {
      assert(this.clock.nowMs() < endMs, `what was waited for did not happen within ${withinMs} ms`)
      if (this.#jumps) await this.#jump(holds, endMs)
      else await this.clock.advance(stepMs)
    }
  }

  async #jump(holds: () => boolean, endMs: number): Promise<void> {
    await ManualClock.settlePromises()
    if (!holds()) this.clock.next(endMs)
  }

  /** Lets time pass until a reader of committed records finds in the topic what it looks for. */
  async untilRead(
    topic: string,
    holds: (records: readonly ReadRecord[]) => boolean,
    withinMs = 120_000,
  ): Promise<readonly ReadRecord[]> {
    const endMs = this.clock.nowMs() + withinMs
    for (;;) {
      const records = await this.read(topic)
      if (holds(records)) return records
      assert(
        this.clock.nowMs() < endMs,
        `what was waited for in "${topic}" did not come within ${withinMs} ms`,
      )
      await this.advance(readEveryMs)
    }
  }

  async advance(byMs: number): Promise<void> {
    const endMs = this.clock.nowMs() + byMs
    await this.until(() => this.clock.nowMs() >= endMs, byMs + 1)
  }

  async createTopic(
    name: string,
    partitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.run(this.kafka.admin.createTopics([{ name, partitions, replicationFactor: -1, configs }]))
  }

  async produce(topic: string, records: readonly TestRecord[]): Promise<void> {
    const producer = await this.run(this.#openProducer(topic))
    for (const record of records) append(producer, topic, record)
    await this.run(producer.flush())
  }

  /** Everything that a reader of this isolation sees in a topic now, partition by partition. */
  async read(topic: string, isolation: IsolationLevel = 'read_committed'): Promise<ReadRecord[]> {
    return this.run(readAll(this.kafka, topic, isolation))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.broker.faults.clear()
    await this.run(Promise.allSettled([...this.#processes.keys()].map((application) => application.stop())))
    await this.run(this.kafka.close())
    await this.broker.close()
  }

  #client() {
    const { clock, random, broker } = this
    const connector = inMemoryConnector({ clock, brokerAt: () => broker })
    return { bootstrap: [bootstrap], connector, clock, random, logger: silentLogger }
  }

  async #openProducer(topic: string): Promise<Producer> {
    this.#producer ??= this.kafka.producer({
      lingerMs: 0,
      batchBytes: 65_536,
      bufferBytes: 33_554_432,
      maxRequestBytes: 1_048_576,
      compression: 'none',
      deliveryTimeoutMs: 120_000,
    })
    await this.#producer.partitionCount(topic)
    return this.#producer
  }
}

function append(producer: Producer, topic: string, record: TestRecord): void {
  const key = bytesOf(record.key)
  const value = bytesOf(record.value)
  producer.append(topic, {
    partition: record.partition ?? -1,
    timestampMs: record.timestampMs ?? 1_700_000_000_000,
    key,
    keyStart: 0,
    keyEnd: record.key === null ? -1 : key.length,
    value,
    valueStart: 0,
    valueEnd: record.value === null ? -1 : value.length,
    headers: undefined,
  })
}

function bytesOf(given: string | Buffer | null): Buffer {
  return typeof given === 'string' ? Buffer.from(given) : (given ?? Buffer.alloc(0))
}

async function readAll(kafka: Kafka, topic: string, isolation: IsolationLevel): Promise<ReadRecord[]> {
  const [description] = await kafka.admin.describeTopics([topic])
  const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  const starts = await kafka.admin.listOffsets(partitions, 'earliest', isolation)
  const ends = await kafka.admin.listOffsets(partitions, 'latest', isolation)
  const fetcher = kafka.fetcher({
    isolation,
    minBytes: 1,
    maxWaitMs: 100,
    maxBytes: 52_428_800,
    maxPartitionBytes: 52_428_800,
  })
  const positions = new Map(starts)
  for (const partition of partitions) fetcher.assign(partition, starts.get(partitionKey(partition)) ?? 0)
  const unread = (partition: TopicPartition): boolean =>
    (positions.get(partitionKey(partition)) ?? 0) < (ends.get(partitionKey(partition)) ?? 0)
  const records: ReadRecord[] = []
  const columns = new RecordColumns()
  while (partitions.some(unread)) {
    const chunk = fetcher.poll()
    if (chunk === undefined) {
      await fetcher.ready(100)
      continue
    }
    positions.set(partitionKey(chunk), chunk.nextOffset)
    for (const batch of chunk.batches) {
      columns.read(batch)
      records.push(...recordsIn(columns, chunk.partition))
    }
  }
  await fetcher.close()
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

function recordsIn(columns: RecordColumns, partition: number): ReadRecord[] {
  return Array.from({ length: columns.count }, (_, row): ReadRecord => {
    const keyEnd = columns.keyEnd[row] ?? -1
    const valueEnd = columns.valueEnd[row] ?? -1
    const keyBytes = keyEnd < 0 ? null : Buffer.from(columns.buffer.subarray(columns.keyStart[row], keyEnd))
    return {
      partition,
      offset: columns.offset[row] ?? -1,
      timestampMs: columns.timestampMs[row] ?? -1,
      key: keyBytes?.toString() ?? null,
      keyBytes,
      value: valueEnd < 0 ? null : Buffer.from(columns.buffer.subarray(columns.valueStart[row], valueEnd)),
      headers: columns.headersOf(row),
    }
  })
}
