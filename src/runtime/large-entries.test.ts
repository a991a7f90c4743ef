import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { streamTableJoin } from './fixtures.ts'

const mebibyte = 1_048_576

test('large entries are committed before they are more than the memory of stores', async () => {
  await using cluster = new TestCluster({ time: 'jump' })
  for (const topic of ['orders', 'customers', 'output']) await cluster.createTopic(topic)
  const value = 'x'.repeat(100_000)
  const count = 400
  await cluster.produce(
    'customers',
    Array.from({ length: count }, (_, index) => ({ key: `customer ${index}`, value })),
  )
  const application = cluster.application(streamTableJoin(), {
    guarantee: 'at_least_once',
    commitIntervalMs: 3_600_000,
    state: { engine: 'memory', memoryBytes: 32 * mebibyte },
    bounds: { sliceRecords: 5 },
  })
  const measured = (name: string): number =>
    application.metrics
      .samples()
      .filter(({ facts }) => facts.name === name)
      .reduce((sum, { value }) => sum + value, 0)
  let most = 0
  application.start()
  await cluster.until(() => {
    most = Math.max(most, measured('weft_store_uncommitted_bytes'))
    const [task] = application.threads().flatMap(({ tasks }) => tasks)
    return task?.inputs.some(({ topic, position }) => topic === 'customers' && position === count) === true
  })
  // Of 40 MB. Eight mebibytes, and what was processed between two looks.
  expect(most).toBeGreaterThan(7 * mebibyte)
  expect(most).toBeLessThan(10 * mebibyte)
  expect(measured('weft_commits_total')).toBeGreaterThanOrEqual(4)
})
