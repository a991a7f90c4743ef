/**
 * One application, by turns as Kafka Streams' and as Weft's, with a store of every kind and no local state left from turn to turn: each
 * begins with what the other wrote into the change logs. Whoever follows whom, outputs and change logs are the same, byte by byte.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { seededRandom, systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { readTopic } from '../../src/workload/consume-topic.ts'
import { weft } from '../weft-process.ts'
import { buildJava, runJava } from './java-tools.ts'

const definition = join(import.meta.dirname, 'take-over.yaml')
const partitions = 2
const inputs = ['events', 'rows', 'marks'] as const
const outputs = ['totals', 'windows', 'sessions', 'joined', 'chained', 'near']
const stores = [
  'totals',
  'windows',
  'sessions',
  'versions',
  'chains',
  'near-this-join-store',
  'near-other-join-store',
]
const turns = 3
const recordsOfTurn = 80

const sequenceBytes = 4

type Engine = 'Weft' | 'Kafka Streams'

interface Input {
  readonly topic: (typeof inputs)[number]
  readonly key: string
  readonly partition: number
  readonly value: string | null
  readonly timestampMs: number
}

/** The same for every run: each turn's records are there before it begins, and later than those of the turn before. */
const input = Array.from({ length: turns }, (_, turn) => drawTurn(turn))

function drawTurn(turn: number): readonly Input[] {
  const random = seededRandom(turn + 1)
  const startMs = 1_700_000_000_000 + turn * 60_000
  return Array.from({ length: recordsOfTurn }, (_, index) => {
    const topic = inputs[index < 6 ? index % 3 : random.below(3)] ?? 'events'
    const partition = index < 12 ? Math.floor(index / 3) % 2 : random.below(partitions)
    const key = `${['a', 'b', 'c'][random.below(3)]}${partition}`
    // Out of order a little, no two of one time: which goes first is settled.
    const timestampMs = startMs + index * 500 - (random.below(3) - 1) * 1700 + (index < 12 ? 5000 : 0)
    const isGone = topic === 'rows' && random.next() < 0.15
    const value = isGone
      ? null
      : topic === 'events' && random.next() < 0.1
        ? '-'
        : `${topic[0]}${turn}${index}`
    return { topic, key, partition, value, timestampMs }
  })
}

/** What stands in each topic, partition by partition, when all turns are done. */
async function contentAfter(
  engines: readonly Engine[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  // Uncompacted: change logs are compared record by record.
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    compactionRestMs: Infinity,
  })
  const bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  try {
    await using cluster = openCluster({ bootstrap }, silentLogger)
    const topics = [...inputs, ...outputs].map((name) => ({
      name,
      partitions,
      replicationFactor: 1,
      configs: {},
    }))
    await cluster.kafka.admin.createTopics(topics)
    for (const [turn, engine] of engines.entries()) {
      await produce(cluster.kafka, input[turn] ?? [])
      await takeTurn(engine, bootstrap)
    }
    const names = [...outputs, ...stores.map((store) => `take_over-${store}-changelog`)]
    const contents = await Promise.all(names.map((name) => linesOf(cluster.kafka, name)))
    return Object.fromEntries(names.map((name, index) => [name, contents[index] ?? []]))
  } finally {
    await broker.close()
  }
}

async function produce(kafka: Kafka, records: readonly Input[]): Promise<void> {
  const producer = kafka.producer(producerDefaults)
  for (const topic of inputs) await producer.partitionCount(topic)
  for (const { topic, key, value, partition, timestampMs } of records) {
    const record = { ...textRecord(value ?? '', partition, key), timestampMs }
    producer.append(topic, value === null ? { ...record, valueEnd: -1 } : record)
  }
  await producer.close()
}

/** With a folder of its own: all state comes from the change logs. */
async function takeTurn(engine: Engine, bootstrap: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-take-over-'))
  try {
    if (engine === 'Kafka Streams') await runJava('weft.TakeOver', [bootstrap, folder, String(recordsOfTurn)])
    else
      await weft('run', definition, '--bootstrap', bootstrap, '--state-dir', folder, '--until-end', '--leave')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A change log in its order, which one task alone has made; an output, into whose partitions several write, in that of each key. */
async function linesOf(kafka: Kafka, topic: string): Promise<readonly string[]> {
  const records: { readonly of: string; readonly line: string }[] = []
  await readTopic(kafka, topic, {
    from: 'earliest',
    until: 'end',
    isolation: 'read_committed',
    signal: AbortSignal.timeout(60_000),
    onRecord: ({ partition, key, value, timestampMs, headers }) => {
      // Kafka Streams numbers a join's records from one again after each start, Weft goes on.
      const compared = topic.endsWith('-join-store-changelog') ? key?.subarray(0, -sequenceBytes) : key
      const [keyText, valueText] = [compared, value].map((bytes) => bytes?.toString('hex') ?? 'null')
      // Nothing reads the time of a session's change: there the record's, here that of the session's end.
      const time = topic === 'take_over-sessions-changelog' ? '' : ` at ${timestampMs}`
      const line = `${keyText} = ${valueText}${time} with ${headers?.length ?? 0} headers`
      records.push({
        of: outputs.includes(topic) ? `${partition} ${keyText}` : `${partition}`,
        line: `${partition}: ${line}`,
      })
      return true
    },
  })
  return records.toSorted((a, b) => (a.of < b.of ? -1 : a.of > b.of ? 1 : 0)).map(({ line }) => line)
}

beforeAll(buildJava, 120_000)

test('Weft goes on from change logs of Kafka Streams, and Kafka Streams from those of Weft', async () => {
  const first = await contentAfter(['Weft', 'Kafka Streams', 'Weft'])
  const second = await contentAfter(['Kafka Streams', 'Weft', 'Kafka Streams'])
  expect(first).toEqual(second)
  for (const [name, lines] of Object.entries(first)) expect(lines.length, name).toBeGreaterThan(20)
  const events = input.flat().filter(({ topic }) => topic === 'events').length
  expect(first['totals']).toHaveLength(events)
})
