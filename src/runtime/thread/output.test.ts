import { expect, test } from 'vitest'
import type { StreamError } from '../../base/errors.ts'
import { TestCluster } from '../../testing/cluster.ts'
import type { ThreadBounds } from '../options.ts'
import { mapped, routed } from '../fixtures.ts'

/** Runs a function that names topics until the application fails; gives what it fails with. */
async function failure(bounds: Partial<ThreadBounds>, topics: readonly string[]): Promise<StreamError> {
  await using cluster = new TestCluster()
  for (const topic of ['input', ...new Set(topics)]) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    topics.map((value) => ({ key: 'k', value, partition: 0 })),
  )
  const application = cluster.application(routed(), { bounds })
  application.start()
  return await cluster.run(
    application.done.then(
      () => expect.unreachable('it ran to its end'),
      (error: StreamError) => error,
    ),
  )
}

test('functions that name one topic after the other are stopped where the topics of a thread end', async () => {
  const error = await failure({ outputTopics: 4 }, ['a', 'b', 'a', 'c', 'd', 'a', 'e'])
  expect(error.code).toBe('TOPICS_TOO_MANY')
  expect(error.message).toBe('topic "e" is one more than the 4 topics that a thread writes to')
  expect(error.detail).toContain('Topic "input", partition 0, offset 6')
})

test('more records for new topics than may wait are an error of the definition, not a defect', async () => {
  const error = await failure({ heldRecords: 3 }, ['a', 'a', 'a', 'a'])
  expect(error.code).toBe('BUFFER_FULL')
  expect(error.message).toBe('more than 3 records wait for topics that are new')
  expect(error.detail).toContain('offset 3')
})

test('what was sent counts when readers see it: not what is aborted with a failure', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const send = (...values: readonly string[]): Promise<void> =>
    cluster.produce(
      'input',
      values.map((value) => ({ key: 'k', value, partition: 0 })),
    )
  const application = cluster.application(mapped('value === "bad" ? value.gone.field : value'))
  application.start()
  await send('first', 'second')
  await cluster.untilRead('output', (read) => read.length === 2)
  await send('third', 'bad')
  await cluster.run(application.done.catch(() => {}))
  const counted = application.metrics.samples().find(({ facts }) => facts.name === 'weft_records_out_total')
  expect(counted).toMatchObject({ labels: { topic: 'output' }, value: 2 })
})
