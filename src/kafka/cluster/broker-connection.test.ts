import { expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import { producerDefaults, textRecord } from '../fixtures/clients.ts'

const throttled = { kind: 'throttle', throttleMs: 5000 } as const

/** How long something takes, in virtual time. */
async function took(cluster: TestCluster, work: Promise<unknown>): Promise<number> {
  const startMs = cluster.clock.nowMs()
  await cluster.run(work)
  return cluster.clock.nowMs() - startMs
}

test('a broker that throttles is sent nothing for so long as it says', async () => {
  await using cluster = new TestCluster()
  const { admin } = cluster.kafka
  await cluster.createTopic('t')
  const fault = cluster.broker.faults.add({ api: 'DescribeConfigs', fault: throttled, times: 1 })
  expect(await took(cluster, admin.topicConfigs('t'))).toBeLessThan(1000)
  expect(fault.hits).toBe(1)
  const waitedMs = await took(cluster, admin.topicConfigs('t'))
  expect(waitedMs).toBeGreaterThan(4000)
  expect(waitedMs).toBeLessThan(6000)
  expect(await took(cluster, admin.topicConfigs('t'))).toBeLessThan(1000)
})

test('one that throttles for longer than a request may take is asked again by then', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t')
  cluster.broker.faults.add({
    api: 'DescribeConfigs',
    fault: { ...throttled, throttleMs: 3_600_000 },
    times: 1,
  })
  await cluster.run(cluster.kafka.admin.topicConfigs('t'))
  expect(await took(cluster, cluster.kafka.admin.topicConfigs('t'))).toBeLessThan(60_000)
})

test('writes that wait are sent in their order', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t')
  const values = Array.from({ length: 40 }, (_, index) => `${index}`)
  cluster.broker.faults.add({ api: 'Produce', fault: throttled, times: 3 })
  const producer = cluster.kafka.producer(producerDefaults)
  await cluster.run(producer.partitionCount('t'))
  for (const value of values) {
    producer.append('t', textRecord(value))
    await cluster.advance(1)
  }
  expect(await took(cluster, producer.flush())).toBeGreaterThan(4000)
  expect((await cluster.read('t')).map(({ value }) => value?.toString())).toEqual(values)
})

test('a client that closes does not wait for a broker that throttles', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t')
  cluster.broker.faults.add({ api: 'DescribeConfigs', fault: throttled })
  await cluster.run(cluster.kafka.admin.topicConfigs('t'))
  const waiting = expect(cluster.kafka.admin.topicConfigs('t')).rejects.toThrow()
  expect(await took(cluster, cluster.kafka.close())).toBeLessThan(1000)
  await waiting
})
