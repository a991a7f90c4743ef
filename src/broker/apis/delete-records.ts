/**
 * DeleteRecords (21): moves the start of a log. Offset −1 means everything there is; memory is freed by whole segments. A topic that is compacted
 * and never deleted from takes no such wish.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import type { Topic } from '../topics/topics.ts'
import { defineHandler } from './api-handler.ts'
import { findLed, findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.deleteRecords>
type Response = DeepPartial<ResponseOf<typeof apis.deleteRecords>>

const everything = -1

export const deleteRecordsHandler = defineHandler({
  api: apis.deleteRecords,
  handle: (request, call): Response => ({
    topics: request.topics.map(({ name, partitions }) => {
      const topic = findTopic(call, { name }, 'delete')
      return {
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => {
          const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1, errorCode })
          const found = findLed(topic, partitionIndex, call)
          if (found.kind === 'missing') return failed(kafkaErrorCode(found.error))
          if (topic.kind === 'found' && isCompactedOnly(topic.it))
            return failed(kafkaErrorCode('POLICY_VIOLATION'))
          const log = found.it
          const before = offset === everything ? log.highWatermark : offset
          if (before < 0 || before > log.highWatermark) return failed(kafkaErrorCode('OFFSET_OUT_OF_RANGE'))
          log.deleteBefore(before)
          return { partitionIndex, lowWatermark: log.startOffset, errorCode: 0 }
        }),
      }
    }),
  }),
  refuse: (request: Request, errorCode): Response => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
})

function isCompactedOnly({ configs: { effective } }: Topic): boolean {
  return effective.compacted && !effective.deleted
}
