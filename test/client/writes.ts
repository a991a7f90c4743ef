import { toStreamError } from '../../src/base/errors.ts'
import { producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { duplicatesIn, mustBe, type Outcome, type Workload } from './workload.ts'

const rounds = 4
const perRound = 3

/** An idempotent producer: several batches, two partitions, a flush for each round. */
export const writes: Workload = {
  name: 'writes',
  transactionVersion: 2,
  apis: ['ApiVersions', 'Metadata', 'InitProducerId', 'Produce'],
  prepare: (cluster) => cluster.createTopic('t', 2),
  run: async ({ cluster, subject, patienceMs }) => {
    const acknowledged: string[] = []
    const producer = subject.producer({ ...producerDefaults, batchBytes: 200, deliveryTimeoutMs: patienceMs })
    let outcome: Outcome = 'goes on'
    try {
      await producer.partitionCount('t')
      for (let round = 0; round < rounds; round++) {
        const values = Array.from({ length: perRound * 2 }, (_, i) => `${round}.${i}`)
        values.forEach((value, i) => producer.append('t', textRecord(value, i % 2)))
        await producer.flush()
        acknowledged.push(...values)
      }
    } catch (error) {
      outcome = toStreamError(error).code
    }
    await producer.close()
    return {
      outcome,
      audit: async () => {
        const records = await cluster.read('t', 'read_uncommitted')
        const written = records.map(({ value }) => String(value))
        mustBe(
          duplicatesIn(written).length === 0,
          `a record stands twice: ${duplicatesIn(written).join(' ')}`,
        )
        const lost = acknowledged.filter((value) => !written.includes(value))
        mustBe(lost.length === 0, `acknowledged and lost: ${lost.join(' ')}`)
        for (const partition of [0, 1]) {
          const inOrder = records
            .filter((record) => record.partition === partition)
            .map(({ value }) => String(value))
          mustBe(inOrder.join() === inOrder.toSorted().join(), `out of order: ${inOrder.join(' ')}`)
        }
      },
    }
  },
}
