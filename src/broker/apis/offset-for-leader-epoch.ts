/**
 * OffsetForLeaderEpoch (23): where an epoch's part of a log ends, so that a reader can tell whether what it read is still there. From version 1
 * on the answer says of which epoch it speaks; from version 2 on a reader says which leader it believes in, and is fenced.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { findLed, findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.offsetForLeaderEpoch>
type Response = DeepPartial<ResponseOf<typeof apis.offsetForLeaderEpoch>>

export const offsetForLeaderEpochHandler = defineHandler({
  api: apis.offsetForLeaderEpoch,
  handle: (request, call): Response => ({
    topics: request.topics.map(({ topic, partitions }) => {
      const found = findTopic(call, { name: topic }, 'describe')
      return {
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          const log = findLed(found, partition, call, currentLeaderEpoch)
          if (log.kind === 'missing') return { partition, errorCode: kafkaErrorCode(log.error) }
          const end = log.it.endOfEpoch(leaderEpoch)
          return { partition, leaderEpoch: end.epoch, endOffset: end.endOffset }
        }),
      }
    }),
  }),
  refuse: (request: Request, errorCode): Response => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
})
