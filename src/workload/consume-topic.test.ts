import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { readTopic } from './consume-topic.ts'

const values = Array.from({ length: 1000 }, (_, index) => String(index))

async function filled(): Promise<TestCluster> {
  const cluster = new TestCluster()
  await cluster.createTopic('t')
  await cluster.produce(
    't',
    values.map((value) => ({ key: 'k', value: value.padEnd(4000, '.'), partition: 0 })),
  )
  return cluster
}

/** Reads to the end, and deletes what lies before `offset` when the first record has come. */
async function readWhileDeleted(cluster: TestCluster, offset: number): Promise<number[]> {
  const read: number[] = []
  let deleting: Promise<void> | undefined
  await cluster.run(
    readTopic(cluster.kafka, 't', {
      from: 'earliest',
      until: 'end',
      isolation: 'read_committed',
      signal: new AbortController().signal,
      onRecord: (record) => {
        deleting ??= cluster.kafka.admin.deleteRecords([{ topic: 't', partition: 0, offset }])
        read.push(record.offset)
        return true
      },
    }),
  )
  await deleting
  return read
}

test('goes on with the first record that is left when others are deleted ahead of it', async () => {
  await using cluster = await filled()
  const read = await readWhileDeleted(cluster, 990)
  expect(read.length).toBeLessThan(values.length)
  expect(read.slice(-10)).toEqual(Array.from({ length: 10 }, (_, index) => 990 + index))
})

test('comes to its end when everything is deleted ahead of it', async () => {
  await using cluster = await filled()
  const read = await readWhileDeleted(cluster, 1000)
  expect(read.length).toBeLessThan(values.length)
})
