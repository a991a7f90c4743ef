import { expect, test } from 'vitest'
import type { DeepPartial } from '../../protocol/api.ts'
import type { apis, ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { BrokerConnection } from '../cluster/broker-connection.ts'
import type { Coordinator } from '../cluster/coordinators.ts'
import { isTransient } from '../cluster/retrying.ts'
import { fetchOffsets } from './group-offsets.ts'

type Answer = DeepPartial<ResponseOf<typeof apis.offsetFetch>>

/** Gives one answer after the other, as long as it is asked again. */
function coordinator(...answers: readonly Answer[]): Pick<Coordinator, 'retrying'> {
  const left = [...answers]
  const send = (): Promise<Answer> =>
    Promise.resolve({ groups: [], topics: [], errorCode: 0, ...left.shift() })
  return {
    async retrying(_lane, attempt) {
      for (;;) {
        try {
          return await attempt({ send } as unknown as BrokerConnection)
        } catch (error) {
          if (!isTransient(error) || left.length === 0) throw error
        }
      }
    },
  }
}

const wanted = [0, 1].map((partition) => ({ topic: 't', partition }))

function entry(partitionIndex: number, committedOffset: number, error: KafkaErrorName = 'NONE') {
  const errorCode = kafkaErrorCode(error)
  return { partitionIndex, committedOffset, committedLeaderEpoch: -1, metadata: '', errorCode }
}

function answer(...partitions: readonly ReturnType<typeof entry>[]): Answer {
  return { groups: [{ groupId: 'g', errorCode: 0, topics: [{ name: 't', partitions }] }] }
}

test('only a partition that the group says to have no offset has none', async () => {
  const offsets = await fetchOffsets(coordinator(answer(entry(0, 5), entry(1, -1))), 'g', wanted)
  expect([...offsets.values()]).toEqual([{ topic: 't', partition: 0, offset: 5, metadata: '' }])
})

test.each<[string, Answer]>([
  ['without the group', { groups: [] }],
  ['without its topic', { groups: [{ groupId: 'g', errorCode: 0, topics: [] }] }],
  ['without a partition', answer(entry(0, 5))],
  [
    'of a broker that does not know the topic',
    answer(entry(0, 5), entry(1, -1, 'UNKNOWN_TOPIC_OR_PARTITION')),
  ],
])('after an answer %s is asked again', async (_, incomplete) => {
  const offsets = await fetchOffsets(coordinator(incomplete, answer(entry(0, 5), entry(1, 9))), 'g', wanted)
  expect([...offsets.values()].map(({ offset }) => offset)).toEqual([5, 9])
  const refused = fetchOffsets(coordinator(incomplete), 'g', wanted)
  await expect(refused).rejects.toMatchObject({ code: 'KAFKA_RETRIABLE' })
})
