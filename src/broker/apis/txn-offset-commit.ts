/**
 * TxnOffsetCommit (28): offsets as part of a transaction; pending until its marker for the group lands. From version 3 on the
 * committer says who it is in the group, so that a zombie's offsets are refused. The group must be in the open transaction: up to
 * version 4 by AddOffsetsToTxn, from version 5 on (KIP-890) this request adds it.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, kafkaErrorName, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onGroup, rightTo } from './demand.ts'
import { commitErrorOf, committedPartitions, offsetEntry } from './offset-entries.ts'
import { findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.txnOffsetCommit>
type Response = DeepPartial<ResponseOf<typeof apis.txnOffsetCommit>>

const abortableFromVersion = 4
const addsFromVersion = 5
/** How long this request waits for the markers of the transaction before. */
const settleLimitMs = 100

export const txnOffsetCommitHandler = defineHandler({
  api: apis.txnOffsetCommit,
  demands: ({ transactionalId, groupId }) => [
    rightTo('write', 'transactionalId', transactionalId),
    onGroup(groupId, 'read'),
  ],
  async handle(request, call): Promise<Response> {
    const { node } = call
    const refused = node.groups.checkCommit(request.groupId, {
      memberId: request.memberId,
      instanceId: request.groupInstanceId ?? undefined,
      generation: request.generationId,
      transactional: true,
      partitions: () => committedPartitions(request.topics, node),
    })
    if (refused !== 'NONE') return everywhere(request, refused)
    const error = await admit(request, call)
    if (error !== 'NONE') return everywhere(request, error)
    const group = node.groups.obtain(request.groupId)
    if (group === undefined) return everywhere(request, 'COORDINATOR_NOT_AVAILABLE')
    return {
      topics: request.topics.map(({ name, partitions }) => {
        const topic = findTopic(call, { name }, 'read')
        return {
          name,
          partitions: partitions.map((partition) => {
            const { partitionIndex } = partition
            const error = commitErrorOf(topic, partition, node)
            if (error === 'NONE' && topic.kind === 'found')
              group.offsets.stage(request.producerId, offsetEntry(topic.it, partition, node))
            return { partitionIndex, errorCode: kafkaErrorCode(error) }
          }),
        }
      }),
    }
  },
  refuse: (request, errorCode): Response => everywhere(request, kafkaErrorName(errorCode)),
})

async function admit(request: Request, { node, apiVersion }: Call): Promise<KafkaErrorName> {
  const { transactions } = node
  if (apiVersion < addsFromVersion) {
    const found = transactions.verify(request)
    const inside = typeof found !== 'string' && found.groups.has(request.groupId)
    return inside
      ? 'NONE'
      : asCommittersKnowIt(typeof found === 'string' ? found : 'INVALID_TXN_STATE', apiVersion)
  }
  let error = transactions.addGroup(request, request.groupId)
  if (error === 'CONCURRENT_TRANSACTIONS') {
    await transactions.settled(request.transactionalId, settleLimitMs)
    error = transactions.addGroup(request, request.groupId)
  }
  return asCommittersKnowIt(error, apiVersion)
}

function asCommittersKnowIt(error: KafkaErrorName, apiVersion: number): KafkaErrorName {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  if (error === 'CONCURRENT_TRANSACTIONS') return 'COORDINATOR_LOAD_IN_PROGRESS'
  if (error === 'INVALID_TXN_STATE' && apiVersion >= abortableFromVersion) return 'TRANSACTION_ABORTABLE'
  return error
}

function everywhere({ topics }: Request, error: KafkaErrorName): Response {
  const errorCode = kafkaErrorCode(error)
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
