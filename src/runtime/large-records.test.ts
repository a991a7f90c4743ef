import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { streamLeftJoin } from './fixtures.ts'

// Change logs take smaller records than the topics that are read.

const changeLogMaxBytes = 2000

async function joined(values: readonly string[]): Promise<string[]> {
  await using cluster = new TestCluster({
    broker: { topicDefaults: { 'retention.ms': '-1', 'max.message.bytes': String(changeLogMaxBytes) } },
  })
  const configs = { 'max.message.bytes': '100000' }
  for (const name of ['left', 'right', 'output'])
    await cluster.run(
      cluster.kafka.admin.createTopics([{ name, partitions: 1, replicationFactor: -1, configs }]),
    )
  const record = (value: string, timestampMs: number) => ({ key: 'k', value, timestampMs })
  await cluster.produce(
    'left',
    values.map((value) => record(value, 1000)),
  )
  cluster.application(streamLeftJoin(), { policies: { produce: 'skip' } }).start()
  // What waits is committed before its time is over.
  await cluster.advance(2000)
  expect(await cluster.read('output')).toEqual([])
  await cluster.produce('left', [record('next', 1500), record('last', 2000)])
  const isLast = ({ value }: { readonly value: Buffer | null }) => String(value) === 'next/null'
  const output = await cluster.untilRead('output', (read) => read.some(isLast))
  return output.map(({ value }) => String(value))
}

test('records of one key and time wait for a partner, however much they have together', async () => {
  const values = Array.from({ length: 200 }, (_, index) => `${index} `.padEnd(500, '.'))
  expect(await joined(values)).toEqual([...values, 'next'].map((value) => `${value}/null`))
})

test('a record that is too large for the change log meets its policy, and never comes out', async () => {
  const large = Array.from({ length: 40 }, (_, more) => ''.padEnd(changeLogMaxBytes - 140 + more * 4, 'x'))
  const fitting = await joined(['one', ...large, 'two'])
  expect([fitting[0], ...fitting.slice(-2)]).toEqual(['one/null', 'two/null', 'next/null'])
  const lengths = fitting.slice(1, -2).map((value) => value.length - '/null'.length)
  expect(lengths).toEqual(large.slice(0, lengths.length).map(({ length }) => length))
  expect(lengths.length).toBeGreaterThan(5)
  expect(lengths.length).toBeLessThan(35)
})
