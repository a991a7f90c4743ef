import { expect, test } from 'vitest'
import { silentLogger, type Logger } from '../base/logger.ts'
import { TestCluster, type TestRecord } from '../testing/cluster.ts'
import { loadTopology } from '../testing/load-topology.ts'
import type { Topology } from '../topology/topology.ts'

// Records on their way between operations lie in topics that go by the operations' names.

const identity = { kind: 'fixed', processId: 'p' } as const
const count = 20

const counting = (operation: string): string => `
name: counting
streams:
  input: { topic: input, keyType: string, valueType: string }
  output: { topic: output, keyType: string, valueType: long }
pipelines:
  counted:
    from: input
    via:
      - { type: selectKey, mapper: { language: javascript, expression: '"all"', resultType: string } }
      - { type: groupByKey${operation} }
      - { type: count, store: { name: counts, type: keyValue, keyType: string, valueType: long, logging: true } }
      - { type: toStream }
    to: output`

/** A definition that has counted all, and left some that were on their way when it ended. */
async function ended(topology: Topology, left: number) {
  const warned: unknown[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void (message.startsWith('records of a former') && warned.push(fields)),
    with: () => logger,
  }
  const cluster = new TestCluster({ logger })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce('input', records(count))
  const application = cluster.application(topology, { identity })
  application.start()
  await cluster.untilRead('output', (read) => countOf(read) === count)
  await cluster.run(application.stop())
  const topics = await cluster.run(cluster.kafka.admin.listTopics())
  const between = topics.find(({ name }) => name.endsWith('-repartition'))?.name ?? ''
  if (left > 0) await cluster.produce(between, records(left))
  return { cluster, warned, between }
}

const records = (howMany: number): TestRecord[] =>
  Array.from({ length: howMany }, (_, index) => ({ key: 'all', value: String(index), partition: 0 }))

async function startedAgain(cluster: TestCluster, topology: Topology): Promise<void> {
  const application = cluster.application(topology, { identity })
  application.start()
  await cluster.until(() => application.state === 'running')
}

const countOf = (read: readonly { readonly value: Buffer | null }[]): number =>
  Number(read.at(-1)?.value?.readBigInt64BE(0) ?? 0)

test('a file may be renamed: what is under way belongs to the name that the definition has', async () => {
  const { cluster, warned } = await ended(await loadTopology(counting(''), { path: 'before.yaml' }), 3)
  await using _ = cluster
  await startedAgain(cluster, await loadTopology(counting(''), { path: 'after.yaml' }))
  await cluster.untilRead('output', (read) => countOf(read) === count + 3)
  expect(warned).toEqual([])
})

test('records that a former name keeps from being read are told of', async () => {
  const { cluster, warned, between } = await ended(await loadTopology(counting(', name: before')), 3)
  await using _ = cluster
  await startedAgain(cluster, await loadTopology(counting(', name: after')))
  expect(between).toBe('app-counting_before-repartition')
  expect(warned).toEqual([{ topic: between, recordsMax: 3, hint: expect.stringContaining('--until-end') }])
})

test('a former topic of which all was read is no matter', async () => {
  const { cluster, warned } = await ended(await loadTopology(counting(', name: before')), 0)
  await using _ = cluster
  await startedAgain(cluster, await loadTopology(counting(', name: after')))
  expect(warned).toEqual([])
})
