import { expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { listOffsets } from './leader-requests.ts'

const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))

/** One broker leads all, and answers for some partitions of `t` only. */
function answering(...offsets: readonly number[]): Cluster {
  const answer = offsets.map((offset, partitionIndex) => ({ partitionIndex, errorCode: 0, offset }))
  const topics = [{ name: 't', partitions: answer }]
  const scripted = {
    context: { clock: new ManualClock(), closing: new AbortController().signal, retryTimeoutMs: 0 },
    topic: () => Promise.resolve(),
    metadata: { topic: () => ({}), partition: () => ({ leader: 1 }) },
    broker: () => Promise.resolve({ send: () => Promise.resolve({ topics }) }),
  }
  return scripted as unknown as Cluster
}

test('a partition that an answer leaves out has no offset, not even the first', async () => {
  const list = (...offsets: readonly number[]) =>
    listOffsets(answering(...offsets), partitions, 'latest', 'read_uncommitted')
  expect([...(await list(4, 0))]).toEqual([
    ['t-0', 4],
    ['t-1', 0],
  ])
  await expect(list(4)).rejects.toMatchObject({
    code: 'KAFKA_RETRIABLE',
    message: expect.stringContaining('t-1'),
  })
})
