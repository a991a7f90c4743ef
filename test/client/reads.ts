import { toStreamError } from '../../src/base/errors.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import {
  fetcherDefaults,
  noGroup,
  producerDefaults,
  textRecord,
  valuesOf,
} from '../../src/kafka/fixtures/clients.ts'
import { mustBe, type Outcome, type Workload } from './workload.ts'

const transactions = 6
const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))

/** Reads two partitions from their start to their end, past an aborted transaction in each. */
export const reads: Workload = {
  name: 'reads',
  transactionVersion: 2,
  apis: ['ApiVersions', 'Metadata', 'ListOffsets', 'Fetch'],
  prepare: async (cluster) => {
    await cluster.createTopic('t', 2)
    const transactional = { id: 'w', timeoutMs: 10_000 }
    const producer = cluster.kafka.producer({ ...producerDefaults, transactional })
    await cluster.run(producer.init())
    await cluster.run(producer.partitionCount('t'))
    for (let i = 0; i < transactions; i++) {
      for (const { partition } of partitions) producer.append('t', textRecord(`${i}`, partition))
      await cluster.run(producer.flush())
      await cluster.run(i === 2 ? producer.abort() : producer.commit([], noGroup))
    }
    await cluster.run(producer.close())
  },
  run: async ({ subject }) => {
    const seen: string[][] = [[], []]
    let outcome: Outcome
    try {
      outcome = await readAll(subject, seen)
    } catch (error) {
      outcome = toStreamError(error).code
    }
    return {
      outcome,
      audit: async () => {
        const all = ['0', '1', '3', '4', '5']
        for (const values of seen) {
          const expected = outcome === 'goes on' ? all : all.slice(0, values.length)
          mustBe(values.join() === expected.join(), `read ${values.join()} instead of ${expected.join()}`)
        }
      },
    }
  },
}

async function readAll(subject: Kafka, seen: string[][]): Promise<Outcome> {
  const starts = await subject.admin.listOffsets(partitions, 'earliest', 'read_committed')
  const ends = await subject.admin.listOffsets(partitions, 'latest', 'read_committed')
  const fetcher = subject.fetcher({ ...fetcherDefaults, maxPartitionBytes: 200 })
  for (const partition of partitions) fetcher.assign(partition, starts.get(`t-${partition.partition}`) ?? 0)
  const unread = new Set(partitions.map(({ partition }) => partition))
  try {
    while (unread.size > 0) {
      const part = fetcher.poll()
      if (part === undefined) {
        await fetcher.ready(500)
        continue
      }
      if (part.outOfRange === true) return 'OFFSET_OUT_OF_RANGE'
      seen[part.partition]?.push(...valuesOf(part))
      if (part.nextOffset >= (ends.get(`t-${part.partition}`) ?? 0)) unread.delete(part.partition)
    }
    return 'goes on'
  } finally {
    await fetcher.close()
  }
}
