import { expect, test } from 'vitest'
import type { StreamError } from '../base/errors.ts'
import type { KafkaErrorName } from '../protocol/error-codes.ts'
import { TestCluster } from '../testing/cluster.ts'
import { loadTopology } from '../testing/load-topology.ts'
import type { Application } from './application.ts'
import { passThrough } from './fixtures.ts'
import type { Guarantee } from './options.ts'

// What a topic does not take of a record, size apart: by default of Kafka 4 no timestamp more than an hour from now.

const future = `
name: future
streams:
  input: { topic: input, keyType: string, valueType: string }
  output: { topic: output, keyType: string, valueType: string }
functions:
  stamp:
    type: metadataTransformer
    language: javascript
    code: |
      return value === 'bad' ? { timestamp: 4070908800000, headers: metadata.headers } : metadata
pipelines:
  p: { from: input, via: [{ type: transformMetadata, mapper: stamp }], to: output }
`

const guarantees: readonly Guarantee[] = ['exactly_once_v2', 'at_least_once']

const failureOf = (cluster: TestCluster, application: Application): Promise<StreamError> =>
  cluster.run(
    application.done.then(
      () => expect.unreachable('it ran to its end'),
      (error: StreamError) => error,
    ),
  )

async function openCluster(): Promise<TestCluster> {
  const cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    ['x', 'bad', 'y'].map((value) => ({ key: 'k', value })),
  )
  return cluster
}

test.each(guarantees)('a time that the topic does not take meets its policy (%s)', async (guarantee) => {
  await using cluster = await openCluster()
  const settings = { guarantee, policies: { produce: 'dead_letter' } } as const
  cluster.application(await loadTopology(future), settings).start()
  const output = await cluster.untilRead('output', (read) => read.length === 2)
  expect(output.map(({ value }) => String(value))).toEqual(['x', 'y'])
  const [letter] = await cluster.untilRead('app-dead-letters', (read) => read.length === 1)
  const headers = letter?.headers?.map(({ key, value }) => [key, String(value)]) ?? []
  expect(Object.fromEntries(headers)).toMatchObject({
    'weft.offset': '1',
    'weft.stage': 'produce',
    'weft.error.code': 'RECORD_REFUSED',
  })
})

test.each(guarantees)('without a policy it ends the application, with its place (%s)', async (guarantee) => {
  await using cluster = await openCluster()
  const application = cluster.application(await loadTopology(future), { guarantee })
  application.start()
  const error = await failureOf(cluster, application)
  expect(error).toMatchObject({
    code: 'RECORD_REFUSED',
    message: 'topic "output" does not take a timestamp so far ahead of the clock',
    detail: expect.stringContaining('Topic "input", partition 0, offset 1'),
    hint: expect.stringContaining('message.timestamp.after.max.ms'),
  })
})

/** What an application ends with where brokers answer all that it writes with this, and how often they did. */
async function failureWhere(answer: KafkaErrorName, guarantee: Guarantee) {
  await using cluster = await openCluster()
  const fault = { kind: 'error', error: answer, when: 'instead' } as const
  const rule = cluster.broker.faults.add({ api: 'Produce', fault, clientId: /^app-/ })
  const application = cluster.application(passThrough(), { guarantee })
  application.start()
  const error = await failureOf(cluster, application)
  return { error, hits: rule.hits }
}

test.each(guarantees)(
  'what the broker alone refuses ends the application at once (%s)',
  async (guarantee) => {
    const { error, hits } = await failureWhere('INVALID_TIMESTAMP', guarantee)
    expect(error).toMatchObject({
      code: 'RECORD_REFUSED',
      message: 'could not write to partition output-0 (INVALID_TIMESTAMP)',
    })
    expect(hits).toBe(1)
  },
)

test('what fails each transaction and does not pass by itself ends the application, not one life of many', async () => {
  const { error, hits } = await failureWhere('UNKNOWN_SERVER_ERROR', 'exactly_once_v2')
  expect(error).toMatchObject({
    code: 'KAFKA_FATAL',
    message: 'could not write to partition output-0 (UNKNOWN_SERVER_ERROR)',
  })
  // Twenty recoveries, and one life of the thread.
  expect(hits).toBeLessThan(25)
})
