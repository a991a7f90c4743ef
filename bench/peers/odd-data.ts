import { seededRandom } from '../../src/base/random.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import type { DataRecord } from '../../src/workload/data-file.ts'
import { loadProducer, produceRecords } from '../../src/workload/produce-records.ts'
import { ofSize } from '../settings.ts'

export const oddRecords = ofSize(20_000, 2_000_000)
const users = 100_000
const chunk = 1000

/** Records that are less convenient: a nested field, an integer key, blanks, and one in twenty without a partner. */
export async function makeOddData(kafka: Kafka): Promise<void> {
  await kafka.admin.createTopics(
    ['odd_transactions', 'odd_users'].map((name) => ({
      name,
      partitions: 4,
      replicationFactor: 1,
      configs: {},
    })),
  )
  const producer = kafka.producer({ ...loadProducer, bufferBytes: 64 * 1_048_576 })
  const options = {
    clock: systemClock,
    signal: new AbortController().signal,
    rate: undefined,
    count: undefined,
    onProgress: () => {},
  }
  await produceRecords(producer, 'odd_users', userChunks(), options)
  await produceRecords(producer, 'odd_transactions', transactionChunks(), options)
  await producer.close()
}

async function* userChunks(): AsyncGenerator<DataRecord[]> {
  for (let start = 0; start < users; start += chunk) {
    yield Array.from({ length: chunk }, (_, index) => {
      const id = start + index
      return {
        key: String(id),
        value: `{"user_id": ${id}, "name": "First${id % 1000} Last${id % 10_000}", "segment": "gold", "risk": 0.${100 + (id % 900)}}`,
        timestampMs: undefined,
      }
    })
  }
}

async function* transactionChunks(): AsyncGenerator<DataRecord[]> {
  const random = seededRandom(7)
  for (let start = 0; start < oddRecords; start += chunk) {
    yield Array.from({ length: chunk }, (_, index) => {
      const number = start + index
      const user = number % 20 === 0 ? users + number : random.below(users)
      const amount = number % 2 === 0 ? 150.25 : 50.5
      return {
        key: String(user),
        value: `{ "txn_id": "t${10_000_000 + number}", "user_id": ${user}, "amount": ${amount}, "place": {"merchant": "merchant-${number % 5000}", "geo": [4.${number % 1000}, 52.1]}, "channel": "web", "event_time": ${1_700_000_000_000 + number}, "flagged": false }`,
        timestampMs: undefined,
      }
    })
  }
}
