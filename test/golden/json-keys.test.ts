import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partitionOfKey } from '../../src/protocol/murmur2.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { readCase } from './golden-case.ts'

test('a JSON key goes to the partition of its sorted bytes, whichever its fields came first', async () => {
  const { topologies } = await readCase(join(import.meta.dirname, 'cases'), 'json-keys')
  const [topology] = topologies
  if (topology === undefined) throw new Error('the case has no topology')
  await using cluster = new TestCluster()
  for (const topic of ['moves', 'shelves', 'halls', 'counts', 'windows', 'placed'])
    await cluster.createTopic(topic, 7)
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const moves = ids.flatMap((id, index) => [
    { key: `{"id":"${id}","place":{"x":1,"y":2}}`, value: '', partition: index },
    { key: `{"place":{"y":2,"x":1},"id":"${id}"}`, value: '', partition: 6 - index },
  ])
  await cluster.produce('moves', moves)
  cluster.application(topology, { commitIntervalMs: 20 }).start()
  const counts = await cluster.untilRead('counts', (records) => records.length >= moves.length)

  for (const id of ids) {
    const key = `{"id":"${id}","place":{"x":1,"y":2}}`
    const own = counts.filter((record) => record.key === key)
    const partition = partitionOfKey(Buffer.from(key), 0, key.length, 7)
    expect(own.map((record) => [record.partition, record.value?.readBigInt64BE()])).toEqual([
      [partition, 1n],
      [partition, 2n],
    ])
  }
})
