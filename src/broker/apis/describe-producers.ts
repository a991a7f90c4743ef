/** DescribeProducers (61): who writes to a partition with sequence numbers, and whose transaction is open in it. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { findLed, findTopic } from './partition-lookup.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeProducers>>

export const describeProducersHandler = defineHandler({
  api: apis.describeProducers,
  handle: (request, call): Response => ({
    topics: request.topics.map(({ name, partitionIndexes }) => {
      const topic = findTopic(call, { name }, 'read')
      return {
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const found = findLed(topic, partitionIndex, call)
          if (found.kind === 'missing') return { partitionIndex, errorCode: kafkaErrorCode(found.error) }
          const nowMs = call.node.clock.nowMs()
          const activeProducers = found.it.producers.all(nowMs).map((state) => ({
            producerId: state.producerId,
            producerEpoch: state.epoch,
            lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
            lastTimestamp: state.lastTimestampMs,
            coordinatorEpoch: state.coordinatorEpoch,
            currentTxnStartOffset: state.openSinceOffset ?? -1,
          }))
          return { partitionIndex, activeProducers }
        }),
      }
    }),
  }),
  refuse: (request, errorCode): Response => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
    })),
  }),
})
