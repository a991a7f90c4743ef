import { expect, test } from 'vitest'
import type { Application } from '../runtime/application.ts'
import { countByKey, passThrough } from '../runtime/fixtures.ts'
import { TestCluster, type TestRecord } from '../testing/cluster.ts'
import { producerDefaults, textRecord } from '../kafka/fixtures/clients.ts'
import { caughtUp } from './caught-up.ts'

const words = (count: number): TestRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    key: null,
    value: `word ${index % 8}`,
    partition: index % 2,
  }))

const tasksOf = (application: Application): number =>
  application.threads().flatMap(({ tasks }) => tasks).length

/** Two processes of one application, each with its half of the work. */
async function twoProcesses(cluster: TestCluster): Promise<[Application, Application]> {
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic, 2)
  const first = cluster.application(countByKey())
  const second = cluster.application(countByKey())
  first.start()
  second.start()
  await cluster.until(() => tasksOf(first) === 2 && tasksOf(second) === 2)
  return [first, second]
}

async function untilCaughtUp(cluster: TestCluster, application: Application): Promise<void> {
  const options = { clock: cluster.clock, signal: new AbortController().signal }
  await cluster.run(caughtUp(cluster.kafka, [{ application, applicationId: 'app' }], options))
}

test('partitions that another process left behind must have been read, too', async () => {
  await using cluster = new TestCluster()
  const [first, second] = await twoProcesses(cluster)
  await cluster.run(first.stop())
  await cluster.produce('words', words(80))
  await untilCaughtUp(cluster, second)
  expect(await cluster.read('counts')).toHaveLength(80)
})

test('what stands behind a transaction that has not ended must have been read, too', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['words', 'counts']) await cluster.createTopic(topic, 2)
  const died = cluster.kafka.producer({
    ...producerDefaults,
    transactional: { id: 'died', timeoutMs: 10_000 },
  })
  await cluster.run(
    (async () => {
      await died.init()
      await died.partitionCount('words')
      for (const partition of [0, 1]) died.append('words', textRecord('of it', partition))
      await died.flush()
    })(),
  )
  await cluster.produce('words', words(80))
  const application = cluster.application(countByKey())
  application.start()
  await untilCaughtUp(cluster, application)
  expect(await cluster.read('counts')).toHaveLength(80)
})

test('a process that has no partition ends when the others are read', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('input')
  await cluster.createTopic('output')
  const first = cluster.application(passThrough())
  first.start()
  await cluster.until(() => first.state === 'running')
  const second = cluster.application(passThrough())
  second.start()
  await cluster.produce(
    'input',
    words(80).map(({ value }) => ({ key: null, value })),
  )
  await untilCaughtUp(cluster, second)
  expect(tasksOf(second)).toBe(0)
  expect(await cluster.read('output')).toHaveLength(80)
})

test('a process that has only a part of the partitions ends when the others are read', async () => {
  await using cluster = new TestCluster()
  const [, second] = await twoProcesses(cluster)
  await cluster.produce('words', words(80))
  await untilCaughtUp(cluster, second)
  expect(tasksOf(second)).toBe(2)
  expect(await cluster.read('counts')).toHaveLength(80)
})
