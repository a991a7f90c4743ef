import { describe, expect, test, vi } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import { inMemoryConnector } from '../../testing/in-memory-connector.ts'
import { openKafka } from '../client.ts'
import type { FaultRule } from '../../broker/fault-control.ts'
import type { Producer, ProducerOptions } from '../contracts.ts'
import { producerDefaults, textRecord } from '../fixtures/clients.ts'

async function openProducer(
  cluster: TestCluster,
  topic: string,
  options: Partial<ProducerOptions> = {},
): Promise<Producer> {
  const producer = cluster.kafka.producer({ ...producerDefaults, ...options })
  await cluster.run(producer.partitionCount(topic))
  return producer
}

async function valuesIn(cluster: TestCluster, topic: string): Promise<string[]> {
  return (await cluster.read(topic)).map(({ partition, value }) => `${partition}:${String(value)}`)
}

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'what is written with compression %s is read back',
  async (compression) => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't', { compression })
    const values = Array.from({ length: 50 }, (_, i) => `value ${i} ${'x'.repeat(i)}`)
    for (const value of values) producer.append('t', textRecord(value))
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(values.map((value) => `0:${value}`))
    expect(producer.acknowledgedOffset({ topic: 't', partition: 0 })).toBe(50)
  },
)

const faults: readonly FaultRule[] = [
  { api: 'Produce', fault: { kind: 'cut', when: 'after' }, probability: 0.05 },
  { api: 'Produce', fault: { kind: 'cut', when: 'before' }, probability: 0.05 },
  { api: 'Produce', fault: { kind: 'delay', minMs: 1, maxMs: 300, when: 'after' }, probability: 0.2 },
  {
    api: 'Produce',
    fault: { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when: 'instead' },
    probability: 0.05,
  },
  {
    api: 'Produce',
    fault: { kind: 'error', error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', when: 'after' },
    probability: 0.05,
  },
]

test.each(Array.from({ length: 8 }, (_, seed) => seed))(
  'each record arrives once and in its order whatever is lost on the way (seed %i)',
  async (seed) => {
    await using cluster = new TestCluster({ seed })
    await cluster.createTopic('t', 3)
    for (const fault of faults) cluster.broker.faults.add(fault)
    const producer = await openProducer(cluster, 't', { batchBytes: 200 })
    const wanted: string[] = []
    for (let i = 0; i < 150; i++) {
      producer.append('t', textRecord(`${i}`, i % 3))
      wanted.push(`${i % 3}:${i}`)
      if (cluster.random.below(10) === 0) await cluster.advance(cluster.random.below(30))
    }
    await cluster.run(producer.flush())
    cluster.broker.faults.clear()
    const order = (text: string): number => Number(text.split(':')[0]) * 1000 + Number(text.split(':')[1])
    expect(await valuesIn(cluster, 't')).toEqual(wanted.toSorted((a, b) => order(a) - order(b)))
  },
)

describe('limits', () => {
  test('a topic that takes small batches gets small batches, and a record beyond its limit is refused before it is appended', async () => {
    await using cluster = new TestCluster()
    const configs = { 'max.message.bytes': '1000' }
    await cluster.run(
      cluster.kafka.admin.createTopics([{ name: 't', partitions: 1, replicationFactor: -1, configs }]),
    )
    const producer = await openProducer(cluster, 't')
    const values = Array.from({ length: 20 }, (_, index) => `${index}-${'x'.repeat(300)}`)
    for (const value of values) producer.append('t', textRecord(value))
    expect(() => producer.append('t', textRecord('x'.repeat(1000)))).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE', detail: 'The topic takes 1000 bytes.' }),
    )
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(values.map((value) => `0:${value}`))
  })

  test('a record that fits no request is refused before it is appended', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't', { maxRequestBytes: 1000 })
    expect(() => producer.append('t', textRecord('x'.repeat(1000)))).toThrow(
      expect.objectContaining({
        code: 'RECORD_TOO_LARGE',
        message: 'a record of 1032 bytes for topic "t" is too large',
        detail: 'A request may have 1000 bytes.',
      }),
    )
    producer.append('t', textRecord('small'))
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(['0:small'])
  })

  test.each([
    ['too far ahead of the clock', { 'message.timestamp.after.max.ms': '1000' }, 1001],
    ['too far behind the clock', { 'message.timestamp.before.max.ms': '1000' }, -1001],
  ])('a record that is %s for its topic is refused before it is appended', async (what, configs, offMs) => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t', 1, configs)
    const producer = await openProducer(cluster, 't')
    const at = (value: string, byMs: number) => ({
      ...textRecord(value),
      timestampMs: cluster.clock.nowMs() + byMs,
    })
    for (const byMs of [0, 999, -999]) producer.append('t', at(`${byMs}`, byMs))
    expect(() => producer.append('t', at('refused', offMs))).toThrow(
      expect.objectContaining({
        code: 'RECORD_REFUSED',
        message: `topic "t" does not take a timestamp so far ${what.slice('too far '.length)}`,
        detail: 'It takes up to 1000 ms.',
      }),
    )
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(['0:0', '0:999', '0:-999'])
  })

  test('where a topic takes any time behind the clock, the clock is not asked for each record', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't')
    const readings = vi.spyOn(cluster.clock, 'nowMs')
    const timestampMs = cluster.clock.nowMs()
    for (let i = 0; i < 100; i++) producer.append('t', { ...textRecord('x'), timestampMs })
    expect(readings.mock.calls.length).toBeLessThan(10)
    await cluster.run(producer.flush())
  })

  test('what a topic takes moves on with the clock, and where the broker stamps records it takes any time', async () => {
    await using cluster = new TestCluster()
    const after = { 'message.timestamp.after.max.ms': '1000' }
    await cluster.createTopic('t', 1, after)
    await cluster.createTopic('stamped', 1, { ...after, 'message.timestamp.type': 'LogAppendTime' })
    const producer = await openProducer(cluster, 't')
    await cluster.run(producer.partitionCount('stamped'))
    const ahead = { ...textRecord('x'), timestampMs: cluster.clock.nowMs() + 1500 }
    producer.append('stamped', ahead)
    expect(() => producer.append('t', ahead)).toThrow(expect.objectContaining({ code: 'RECORD_REFUSED' }))
    await cluster.advance(600)
    producer.append('t', ahead)
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(['0:x'])
    expect(await valuesIn(cluster, 'stamped')).toEqual(['0:x'])
  })

  test('a compacted topic gets no record without a key', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t', 1, { 'cleanup.policy': 'compact' })
    const producer = await openProducer(cluster, 't')
    const keyed = { ...textRecord('x'), key: Buffer.from('k'), keyStart: 0, keyEnd: 1 }
    producer.append('t', keyed)
    expect(() => producer.append('t', { ...keyed, keyEnd: -1 })).toThrow(
      expect.objectContaining({
        code: 'RECORD_REFUSED',
        message: 'topic "t" does not take a record without a key',
      }),
    )
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toEqual(['0:x'])
  })

  test('is full beyond its buffer, and drained when the broker has it', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't', { bufferBytes: 1000 })
    expect(producer.full).toBe(false)
    for (let i = 0; i < 20; i++) producer.append('t', textRecord('x'.repeat(50)))
    expect(producer.full).toBe(true)
    await cluster.run(producer.drained())
    expect(producer.full).toBe(false)
  })

  test('is full where one partition has more batches to send than its leader takes in good time, however small they are', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t', 2)
    const producer = await openProducer(cluster, 't', { batchBytes: 100 })
    const value = 'x'.repeat(50)
    for (let batch = 0; batch < 256; batch++) producer.append('t', textRecord(value, batch % 2))
    expect(producer.full).toBe(false)
    for (let batch = 0; batch < 200; batch++) producer.append('t', textRecord(value, 0))
    expect(producer.full).toBe(true)
    await cluster.run(producer.drained())
    expect(producer.full).toBe(false)
    expect((await valuesIn(cluster, 't')).length).toBeGreaterThan(64)
    await cluster.run(producer.flush())
    expect(await valuesIn(cluster, 't')).toHaveLength(456)
  })

  test('waits for more records as long as it may linger, and no longer', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't', { lingerMs: 100 })
    producer.append('t', textRecord('a'))
    await cluster.advance(60)
    producer.append('t', textRecord('b'))
    await cluster.advance(20)
    expect(await valuesIn(cluster, 't')).toEqual([])
    await cluster.advance(100)
    expect(await valuesIn(cluster, 't')).toEqual(['0:a', '0:b'])
  })

  test('gives up a batch that nobody takes within the delivery time, and keeps the failure', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t')
    const producer = await openProducer(cluster, 't', { deliveryTimeoutMs: 5000 })
    const fault = { kind: 'error', error: 'NOT_ENOUGH_REPLICAS', when: 'instead' } as const
    cluster.broker.faults.add({ api: 'Produce', fault })
    producer.append('t', textRecord('a'))
    const wanted = expect.objectContaining({
      code: 'REQUEST_TIMED_OUT',
      message: 'could not write to partition t-0 within 5000 ms',
      detail: 'The last try: could not write to partition t-0 (NOT_ENOUGH_REPLICAS).',
    })
    await expect(cluster.run(producer.flush())).rejects.toEqual(wanted)
    expect(() => producer.append('t', textRecord('b'))).toThrow(wanted)
  })
})

describe('names', () => {
  test('a topic that is missing is named with the command that makes it', async () => {
    await using cluster = new TestCluster()
    const producer = cluster.kafka.producer(producerDefaults)
    const wanted = expect.objectContaining({
      code: 'TOPIC_MISSING',
      message: 'topic "orders" does not exist',
      hint: 'See "weft topics list" for the names, or create it: weft topics create orders --partitions 4',
    })
    await expect(cluster.run(producer.partitionCount('orders'))).rejects.toEqual(wanted)
    expect(() => producer.append('orders', textRecord('a'))).toThrow(wanted)
  })

  test('a partition that the topic lacks is refused', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('t', 2)
    const producer = await openProducer(cluster, 't')
    expect(() => producer.append('t', textRecord('a', 2))).toThrow('topic "t" has no partition 2')
  })
})

test('a broker that cannot tell of a topic for a moment is asked again, and what was known holds meanwhile', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t', 2)
  const { clock, random, broker } = cluster
  const connector = inMemoryConnector({ clock, brokerAt: () => broker })
  const stranger = openKafka({ bootstrap: ['broker:9092'], clientId: 'stranger', connector, clock, random })
  const refused = { kind: 'error', error: 'NETWORK_EXCEPTION', when: 'instead' } as const
  const asked = cluster.broker.faults.add({ api: 'Metadata', fault: refused, skip: 1, times: 3 })
  const producer = stranger.producer(producerDefaults)
  expect(await cluster.run(producer.partitionCount('t'))).toBe(2)
  expect(asked.hits).toBe(3)
  const moved = { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when: 'instead' } as const
  cluster.broker.faults.add({ api: 'Produce', fault: moved, times: 1 })
  cluster.broker.faults.add({ api: 'Metadata', fault: refused })
  producer.append('t', textRecord('kept'))
  await cluster.run(producer.flush())
  cluster.broker.faults.clear()
  expect(await valuesIn(cluster, 't')).toEqual(['0:kept'])
  await cluster.run(producer.close())
  await cluster.run(stranger.close())
})
