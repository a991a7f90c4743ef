import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

const many = 6000

/** Each record is a batch of its own, and a partition has 256 of them under way. */
const producer = { batchBytes: 100, maxRequestBytes: 400, lingerMs: 0 }

test('where the output is full again and again, a task with little to do has its turn', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic, 2)
  const records = (partition: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      key: `k${partition}`,
      value: `${index}`.padEnd(100, '.'),
      partition,
    }))
  await cluster.produce('input', records(0, many))
  const fault = { kind: 'delay', minMs: 5, maxMs: 5, when: 'before' } as const
  cluster.broker.faults.add({ api: 'Produce', fault, clientId: /^app-/ })
  cluster.application(passThrough(), { commitIntervalMs: 100, producer }).start()
  await cluster.untilRead('output', (read) => read.length > 0)
  await cluster.produce('input', records(1, 3))
  const output = await cluster.untilRead(
    'output',
    (read) => read.some(({ key }) => String(key) === 'k1'),
    600_000,
  )
  expect(output.length).toBeLessThan(many / 2)
})
