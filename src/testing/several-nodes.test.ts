import { afterEach, describe, expect, test } from 'vitest'
import { TestCluster } from './cluster.ts'

const clusters: TestCluster[] = []

afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster[Symbol.asyncDispose]()
})

async function openThree(seed = 1): Promise<TestCluster> {
  const cluster = new TestCluster({ seed, broker: { nodes: 3 } })
  clusters.push(cluster)
  await cluster.createTopic('a', 3)
  return cluster
}

const recordsOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    key: null,
    value: `v${from + index}`,
    partition: index % 3,
  }))

async function valuesIn(cluster: TestCluster): Promise<string[]> {
  const records = await cluster.read('a')
  return records.map(({ value }) => value?.toString() ?? '').toSorted()
}

describe('the client of the engine, in memory and in virtual time', () => {
  test.each([1, 2, 3])(
    'finds leaders that move, with everything that was written (seed %i)',
    async (seed) => {
      const cluster = await openThree(seed)
      const { broker, random } = cluster
      for (let round = 0; round < 20; round++) {
        const partition = random.below(3)
        const moving = cluster.advance(random.below(50)).then(() => {
          broker.cluster.moveLeader('a', partition, 1 + random.below(3))
        })
        await moving
        await cluster.produce('a', recordsOf(round * 6, 6))
      }
      expect(await valuesIn(cluster)).toEqual(
        recordsOf(0, 120)
          .map(({ value }) => value)
          .toSorted(),
      )
    },
  )

  test('goes on while nodes stop one after the other, the one that it began with as well', async () => {
    const cluster = await openThree()
    await cluster.produce('a', recordsOf(0, 6))
    let written = 6
    for (const nodeId of [1, 2, 3]) {
      await cluster.run(cluster.broker.cluster.stopNode(nodeId))
      await cluster.produce('a', recordsOf(written, 6))
      written += 6
      await cluster.run(cluster.broker.cluster.startNode(nodeId))
    }
    expect(await valuesIn(cluster)).toEqual(
      recordsOf(0, written)
        .map(({ value }) => value)
        .toSorted(),
    )
  })

  test('waits for a partition that nobody leads', async () => {
    const cluster = await openThree()
    const { broker } = cluster
    broker.cluster.createTopic('single', { partitions: 1, replicationFactor: 1 })
    const leader = broker.cluster.leaderOf('single', 0)
    await cluster.produce('single', [{ key: null, value: 'before', partition: 0 }])
    await cluster.run(broker.cluster.stopNode(leader))
    let done = false
    const writing = cluster.produce('single', [{ key: null, value: 'after', partition: 0 }]).then(() => {
      done = true
    })
    await cluster.advance(5000)
    expect(done).toBe(false)
    await broker.cluster.startNode(leader)
    await writing
    expect((await cluster.read('single')).map(({ value }) => value?.toString())).toEqual(['before', 'after'])
  })
})
