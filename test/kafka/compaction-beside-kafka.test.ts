/**
 * The same records, compacted by Apache Kafka's cleaner and by the embedded broker's: read by Java's consumer, the same ones are left, and
 * they are those that the rules of compaction leave. Records without keys from before the topic was compacted, tombstones, several
 * producers and compressions, transactions that committed and that were aborted, many segments.
 *
 *     COMPACTION_LOGS=30 COMPACTION_SEED=7 npx vitest run --project kafka test/kafka/compaction-beside-kafka.test.ts
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { openKafka } from '../../src/kafka/client.ts'
import { partitionKey, type IsolationLevel, type Kafka, type Producer } from '../../src/kafka/contracts.ts'
import { noGroup, producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startBroker } from '../../src/testing/testing.ts'
import { startApacheKafka } from './apache-kafka.ts'
import { readByJava } from './java-reader.ts'
import { buildJava } from './java-tools.ts'
import { readByUs } from './our-reader.ts'

const seed = Number(process.env['COMPACTION_SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
/** Each is a partition. */
const logs = Number(process.env['COMPACTION_LOGS'] ?? 3)
const topic = 'table'
const keyCount = 12
const segmentMs = 60_000
/** All the time. */
const fixed = { 'segment.ms': String(segmentMs), 'min.cleanable.dirty.ratio': '0.01', 'retention.ms': '-1' }
const batchesOfSegment = 6
const patienceMs = 20_000
const compressions = ['none', 'gzip', 'zstd'] as const
/** Kept for ever first, then compacted, tombstones as soon as may be, then with tombstones that stay. */
const phases = [
  { segments: 1, keyless: true, settings: { 'cleanup.policy': 'delete' } },
  { segments: 8, keyless: false, settings: { 'cleanup.policy': 'compact', 'delete.retention.ms': '1' } },
  { segments: 4, keyless: false, settings: { 'delete.retention.ms': '86400000' } },
] as const

type Pair = readonly [key: string | null, value: string | null]

/** At the beginning of each segment: the first is gone when, and not before, this segment is compacted. */
const seenToGo: readonly Pair[] = [
  ['often', 'first'],
  ['often', 'second'],
]

interface Batch {
  readonly timestampMs: number
  readonly compression: (typeof compressions)[number]
  /** Undefined: in no transaction. */
  readonly ending: 'commit' | 'abort' | undefined
  readonly records: readonly {
    readonly offset: number
    readonly key: string | null
    readonly value: string | null
  }[]
}

/** A phase as it is written; offsets are those that it gets. */
interface Phase {
  readonly batches: readonly Batch[]
  /** Where the segment begins that is being written when the phase is over. */
  readonly activeOffset: number
  readonly endOffset: number
}

type Plan = readonly Phase[]

function planPhases(random: Random, startMs: number): Plan {
  let [offset, segment] = [0, 0]
  const batchOf = (pairs: readonly Pair[], ending: Batch['ending']): Batch => {
    const records = pairs.map(([key, value]) => ({ offset: offset++, key, value }))
    // Its marker.
    if (ending !== undefined) offset++
    const timestampMs = startMs + segment * (segmentMs + 1)
    return { timestampMs, compression: compressions[random.below(3)] ?? 'none', ending, records }
  }
  const anyBatch = (keyless: boolean): Batch => {
    const pairs = Array.from({ length: 1 + random.below(4) }, (): Pair => [
      keyless && random.below(3) === 0 ? null : `k${random.below(keyCount)}`,
      random.below(4) === 0 ? null : `v${random.below(1000)}-${'x'.repeat(random.below(200))}`,
    ])
    return batchOf(pairs, (['commit', 'abort', undefined, undefined] as const)[random.below(4)])
  }
  return phases.map(({ segments, keyless }) => {
    const batches: Batch[] = []
    let activeOffset = 0
    for (let index = 0; index < segments; index++) {
      segment++
      activeOffset = offset
      batches.push(batchOf(seenToGo, undefined))
      batches.push(...Array.from({ length: batchesOfSegment }, () => anyBatch(keyless)))
    }
    return { batches, activeOffset, endOffset: offset }
  })
}

/**
 * What is left: of what was compacted, the newest record of each key that no transaction aborted, and no tombstone that compaction has met
 * while these could go at once; and all of the segment that is being written.
 */
function leftOf(written: Plan, isolation: IsolationLevel): string[] {
  const activeOffset = written.at(-1)?.activeOffset ?? 0
  const metOffset = written.at(-2)?.activeOffset ?? 0
  const records = written
    .flatMap(({ batches }) => batches)
    .flatMap(({ ending, records: each }) => each.map((one) => ({ ...one, aborted: ending === 'abort' })))
  const compacted = records.filter(
    ({ offset, key, aborted }) => offset < activeOffset && key !== null && !aborted,
  )
  const newest = new Map(compacted.map((record) => [record.key, record])).values()
  const isGone = (offset: number, value: string | null): boolean => value === null && offset < metOffset
  return [
    ...newest.filter(({ offset, value }) => !isGone(offset, value)),
    ...records.filter(
      ({ offset, aborted }) => offset >= activeOffset && !(aborted && isolation === 'read_committed'),
    ),
  ]
    .toSorted((one, other) => one.offset - other.offset)
    .map(({ offset, key, value }) => `${offset} ${key} ${value}`)
}

class Writer {
  readonly #kafka: Kafka
  readonly #partition: number
  readonly #producers = new Map<string, Producer>()

  constructor(kafka: Kafka, partition: number) {
    this.#kafka = kafka
    this.#partition = partition
  }

  /** One batch after the other: each is in the log, its marker too, before the next one comes. */
  async write({ batches }: Phase): Promise<void> {
    for (const { timestampMs, compression, ending, records } of batches) {
      const producer = await this.#producer(compression, ending !== undefined)
      for (const { key, value } of records)
        producer.append(topic, {
          ...textRecord(value ?? '', this.#partition, key),
          timestampMs,
          ...(value === null && { valueEnd: -1 }),
        })
      await producer.flush()
      if (ending === undefined) continue
      await (ending === 'commit' ? producer.commit([], noGroup) : producer.abort())
      await this.#untilEnd((records.at(-1)?.offset ?? 0) + 2)
    }
  }

  async #producer(compression: (typeof compressions)[number], transactional: boolean): Promise<Producer> {
    const name = `${compression}-${transactional}`
    const known = this.#producers.get(name)
    if (known !== undefined) return known
    const producer = this.#kafka.producer({
      ...producerDefaults,
      lingerMs: 1000,
      compression,
      ...(transactional && { transactional: { id: `${name}-${this.#partition}`, timeoutMs: 60_000 } }),
    })
    if (transactional) await producer.init()
    await producer.partitionCount(topic)
    this.#producers.set(name, producer)
    return producer
  }

  async #untilEnd(endOffset: number): Promise<void> {
    const partition = { topic, partition: this.#partition }
    const ends = () => this.#kafka.admin.listOffsets([partition], 'latest', 'read_committed')
    while (((await ends()).get(partitionKey(partition)) ?? 0) < endOffset) await sleep(5)
  }
}

/** Writes all phases of all logs; each but the first is over when it is compacted. */
async function compactAll(bootstrap: string, plans: readonly Plan[]): Promise<void> {
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'writer', connector: tcpConnector() })
  const partitions = plans.length
  await kafka.admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs: fixed }])
  const writers = plans.map((_, partition) => new Writer(kafka, partition))
  for (const [index, { settings }] of phases.entries()) {
    await kafka.admin.alterTopicConfigs(topic, settings)
    await untilSet(kafka, settings)
    await Promise.all(
      plans.map(async (plan, partition) => {
        const written = plan.slice(0, index + 1)
        for (const phase of written.slice(-1)) await writers[partition]?.write(phase)
        if (index > 0) await untilLeft(bootstrap, partition, written)
      }),
    )
  }
  await kafka.close()
}

async function untilSet({ admin }: Kafka, settings: Readonly<Record<string, string>>): Promise<void> {
  const isSet = async () => {
    const found = await admin.topicConfigs(topic)
    return Object.entries(settings).every(([name, value]) => found[name] === value)
  }
  while (!(await isSet())) await sleep(5)
}

/** Until compaction is through, or the time is over. Before the last phase tombstones that were met may be gone, or not yet. */
async function untilLeft(bootstrap: string, partition: number, written: Plan): Promise<void> {
  const isLast = written.length === phases.length
  const { endOffset = 0, activeOffset = 0 } = written.at(-1) ?? {}
  const settled = (lines: readonly string[]): string =>
    lines.filter((line) => isLast || !line.endsWith(' null') || offsetOf(line) >= activeOffset).join('\n')
  const left = settled(leftOf(written, 'read_uncommitted'))
  const endMs = performance.now() + patienceMs
  while (
    performance.now() < endMs &&
    settled(await readByUs(bootstrap, { topic, partition }, endOffset)) !== left
  )
    await sleep(50)
}

const offsetOf = (line: string): number => Number(line.split(' ', 1)[0])

/** What Java's consumer sees of each partition. */
async function readLines(bootstrap: string, isolation: IsolationLevel): Promise<string[][]> {
  const records = await readByJava(bootstrap, topic, isolation)
  return Array.from({ length: logs }, (_, log) =>
    records
      .filter(({ partition }) => partition === log)
      .map(({ offset, key, value }) => `${offset} ${key} ${value}`),
  )
}

beforeAll(buildJava, 120_000)

test(`both brokers leave the same records of ${logs} logs (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const startMs = Date.now()
  const plans = Array.from({ length: logs }, () => planPhases(random, startMs))
  await using apache = await startApacheKafka({ settings: { 'log.cleaner.backoff.ms': '50' } })
  await using embedded = await startBroker({ compactionRestMs: 50 })
  const brokers = [apache.bootstrap, embedded.bootstrap]
  await Promise.all(brokers.map((bootstrap) => compactAll(bootstrap, plans)))
  for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
    const [byApache, byEmbedded] = await Promise.all(
      brokers.map((bootstrap) => readLines(bootstrap, isolation)),
    )
    expect(byApache).toEqual(plans.map((plan) => leftOf(plan, isolation)))
    expect(byEmbedded).toEqual(byApache)
  }
}, 180_000)
