import { BufferPool } from '../../base/buffer-pool.ts'
import { expect, test } from 'vitest'
import { silentLogger } from '../../base/logger.ts'
import { inMemoryConnector } from '../../testing/in-memory-connector.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { Cluster } from '../cluster/cluster.ts'
import { FetchPosition } from './fetch-position.ts'
import { checkPositions, needsCheck } from './truncation.ts'

function openInside({ clock, random, broker }: TestCluster): Cluster {
  return new Cluster({
    bootstrap: [{ host: 'broker', port: 9092 }],
    clientId: 'test',
    connector: inMemoryConnector({ clock, brokerAt: () => broker }),
    clock,
    random,
    logger: silentLogger,
    requestTimeoutMs: 1000,
    startTimeoutMs: 1000,
    retryTimeoutMs: 1000,
    backoffMinMs: 10,
    backoffMaxMs: 1000,
    metadataMaxAgeMs: 300_000,
    closing: new AbortController().signal,
    buffers: new BufferPool(1_000_000),
  })
}

/** A position after records of an epoch, in a log of three records of epoch 0. */
async function checked(
  offset: number,
  lastEpoch = 0,
): Promise<{ position: FetchPosition; failures: unknown[] }> {
  await using cluster = new TestCluster()
  await cluster.createTopic('t')
  await cluster.produce(
    't',
    ['a', 'b', 'c'].map((value) => ({ key: null, value })),
  )
  const inside = openInside(cluster)
  await cluster.run(inside.refresh(['t']))
  const position = new FetchPosition({ topic: 't', partition: 0 }, offset)
  position.lastEpoch = lastEpoch
  expect(needsCheck(position, inside.metadata)).toBe(true)
  const failures: unknown[] = []
  const connection = await cluster.run(inside.anyBroker())
  await cluster.run(
    checkPositions(connection, [position], inside.metadata, (_, error) => failures.push(error)),
  )
  expect(position.checkedEpoch === 0).toBe(!needsCheck(position, inside.metadata))
  await cluster.run(inside.close())
  return { position, failures }
}

test('a position that the new leader has is kept, and not checked again', async () => {
  const { position, failures } = await checked(3)
  expect(failures).toEqual([])
  expect(position.checkedEpoch).toBe(0)
})

test('a position beyond what the new leader has is lost', async () => {
  const { failures } = await checked(5)
  expect(failures).toEqual([
    expect.objectContaining({
      code: 'LOG_TRUNCATED',
      message: 'partition t-0 lost records that were read already',
      detail: "The position is 5; in the new leader's log, epoch 0 ends at 3.",
    }),
  ])
})

test('a position without records behind it has nothing to check', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('t')
  const inside = openInside(cluster)
  await cluster.run(inside.refresh(['t']))
  const position = new FetchPosition({ topic: 't', partition: 0 }, 0)
  expect(needsCheck(position, inside.metadata)).toBe(false)
  await cluster.run(inside.close())
})

test('a position whose epoch the leader does not know is kept', async () => {
  const { position, failures } = await checked(3, 7)
  expect(failures).toEqual([])
  expect(position.checkedEpoch).toBe(0)
})
