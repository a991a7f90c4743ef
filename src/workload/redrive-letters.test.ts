import { expect, test } from 'vitest'
import { deadLetterHeaders } from '../data/dead-letter.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { TestCluster } from '../testing/cluster.ts'
import { letterId } from './dead-letters.ts'
import { loadProducer } from './produce-records.ts'
import { redriveDeadLetters, type RedriveOptions } from './redrive-letters.ts'

interface Written {
  readonly source?: string
  readonly key?: string
  readonly value?: string
}

const letters = 'app-dead-letters'

async function clusterWith(written: readonly Written[]): Promise<TestCluster> {
  const cluster = new TestCluster()
  const topics = [
    { name: letters, configs: {} },
    { name: 'in', configs: {} },
    { name: 'narrow', configs: { 'max.message.bytes': '500' } },
    { name: 'compacted', configs: { 'cleanup.policy': 'compact' } },
  ]
  await cluster.run(
    cluster.kafka.admin.createTopics(
      topics.map((topic) => ({ ...topic, partitions: 1, replicationFactor: -1 })),
    ),
  )
  await cluster.run(write(cluster.kafka, written))
  return cluster
}

async function write(kafka: Kafka, written: readonly Written[]): Promise<void> {
  const producer = kafka.producer(loadProducer)
  await producer.partitionCount(letters)
  for (const [offset, { source = 'in', key, value = `v${offset}` }] of written.entries()) {
    if (producer.full) await producer.drained()
    const facts = { application: 'app', topic: source, partition: 0, offset, timestampMs: 1_700_000_000_000 }
    const bytes = { key: Buffer.from(key ?? ''), value: Buffer.from(value) }
    producer.append(letters, {
      partition: 0,
      timestampMs: 1_700_000_000_000,
      ...bytes,
      keyStart: 0,
      keyEnd: key === undefined ? -1 : bytes.key.length,
      valueStart: 0,
      valueEnd: bytes.value.length,
      headers: deadLetterHeaders([], { ...facts, stage: 'function', errorCode: 'X', errorMessage: 'x' }),
    })
  }
  await producer.flush()
  await producer.close()
}

/** What was sent and what was left, as users are told. */
async function redrive(cluster: TestCluster, options: Partial<RedriveOptions> = {}, kafka = cluster.kafka) {
  const sent: Record<string, number> = {}
  const left: string[] = []
  await cluster.run(
    redriveDeadLetters(kafka, letters, {
      choice: {},
      signal: new AbortController().signal,
      clock: cluster.clock,
      onSent: (source, count) => {
        sent[source] = (sent[source] ?? 0) + count
      },
      onLeft: ({ letter, topic, offset }, { code }) =>
        left.push(`${letterId(letter)} ${topic} ${offset} ${code}`),
      ...options,
    }),
  )
  return { sent, left }
}

const valuesOf = async (cluster: TestCluster, topic: string): Promise<string[]> =>
  (await cluster.read(topic)).map(({ value }) => String(value))

test('a letter goes back in a request as large as its producer may send', async () => {
  await using cluster = await clusterWith([{ value: 'x'.repeat(900) }])
  const small = await redrive(cluster, { producer: { maxRequestBytes: 500 } })
  expect(small.left).toEqual(['0:0 in 0 RECORD_TOO_LARGE'])
  expect((await redrive(cluster)).sent).toEqual({ in: 1 })
})

const mixed: readonly Written[] = [
  {},
  { source: 'narrow', key: 'k', value: 'x'.repeat(600) },
  { source: 'narrow', key: 'k', value: 'small' },
  { source: 'app-by-key-repartition' },
  {},
]

test('letters that their topics do not take are named and left, and the others go back', async () => {
  await using cluster = await clusterWith(mixed)
  const { sent, left } = await redrive(cluster)
  expect(sent).toEqual({ in: 2, narrow: 1 })
  expect(left).toEqual(['0:1 narrow 1 RECORD_TOO_LARGE', '0:3 app-by-key-repartition 3 TOPIC_MISSING'])
  expect(await valuesOf(cluster, 'in')).toEqual(['v0', 'v4'])
  expect(await valuesOf(cluster, 'narrow')).toEqual(['small'])
})

test('what was left is tried again, and goes back once its topic takes it', async () => {
  await using cluster = await clusterWith(mixed)
  await redrive(cluster)
  expect(await redrive(cluster)).toMatchObject({ sent: {}, left: [{}, {}].map(() => expect.any(String)) })
  await cluster.run(cluster.kafka.admin.alterTopicConfigs('narrow', { 'max.message.bytes': '5000' }))
  const { sent, left } = await redrive(cluster)
  expect([sent, left.length]).toEqual([{ narrow: 1 }, 1])
  expect(await valuesOf(cluster, 'in')).toEqual(['v0', 'v4'])
})

test.each([true, false])(
  'a letter that its topic refuses is found among the others, its settings known: %s',
  async (known) => {
    const compacted = (key: string | undefined): Written => ({
      source: 'compacted',
      ...(key === undefined ? {} : { key }),
    })
    await using cluster = await clusterWith(['a', 'b', undefined, 'c', undefined, 'd'].map(compacted))
    const hidden = { kind: 'error', error: 'TOPIC_AUTHORIZATION_FAILED', when: 'instead' } as const
    if (!known) cluster.broker.faults.add({ api: 'DescribeConfigs', fault: hidden })
    const { sent, left } = await redrive(cluster)
    expect(left).toEqual(['0:2 compacted 2 RECORD_REFUSED', '0:4 compacted 4 RECORD_REFUSED'])
    expect(sent).toEqual({ compacted: 4 })
    expect(await valuesOf(cluster, 'compacted')).toEqual(['v0', 'v1', 'v3', 'v5'])
  },
)

test('a count is of those that go back: what cannot does not stand in their way', async () => {
  await using cluster = await clusterWith([{ source: 'gone' }, {}, {}, {}])
  expect((await redrive(cluster, { count: 2 })).sent).toEqual({ in: 2 })
  expect(await valuesOf(cluster, 'in')).toEqual(['v1', 'v2'])
  expect((await redrive(cluster, { count: 2 })).sent).toEqual({ in: 1 })
})

test('many letters go back in their order, with the topic read twice however many transactions they take', async () => {
  const count = 12_000
  await using cluster = await clusterWith(Array.from({ length: count }, () => ({})))
  let readings = 0
  const kafka: Kafka = Object.create(cluster.kafka, {
    fetcher: {
      value: (options: Parameters<Kafka['fetcher']>[0]) => {
        readings++
        return cluster.kafka.fetcher(options)
      },
    },
  })
  expect((await redrive(cluster, {}, kafka)).sent).toEqual({ in: count })
  expect(readings).toBe(2)
  expect(await valuesOf(cluster, 'in')).toEqual(Array.from({ length: count }, (_, index) => `v${index}`))
  expect((await redrive(cluster)).sent).toEqual({})
})

test('a redrive that another takes over from says so, and each letter goes back once', async () => {
  const count = 12_000
  await using cluster = await clusterWith(Array.from({ length: count }, () => ({})))
  let other: ReturnType<typeof redrive> | undefined
  const onSent = (): void => {
    const slow = { kind: 'delay', minMs: 1000, maxMs: 1000, when: 'before' } as const
    if (other === undefined) cluster.broker.faults.add({ api: 'Produce', fault: slow, times: 1 })
    other ??= redrive(cluster)
  }
  const first = redrive(cluster, { onSent })
  await expect(first).rejects.toMatchObject({
    code: 'PRODUCER_FENCED',
    message: 'another redrive of "app-dead-letters" has taken over',
    detail: 'This one has sent 5000 back.',
    hint: expect.stringContaining('Run it again'),
    cause: undefined,
  })
  expect((await other)?.sent).toEqual({ in: count - 5000 })
  expect(await valuesOf(cluster, 'in')).toEqual(Array.from({ length: count }, (_, index) => `v${index}`))
})
