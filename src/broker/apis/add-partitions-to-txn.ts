/**
 * AddPartitionsToTxn (24): makes partitions part of a transaction, before they are written to. One transaction up to version 3, which is
 * what clients send; several from version 4 on, as brokers do among themselves, also only to ask (`verifyOnly`). If one
 * partition does not exist none is added. From version 2 on a producer understands PRODUCER_FENCED.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { NodeState } from '../node/node-state.ts'
import type { TransactionClaim } from '../transactions/transaction-coordinator.ts'
import { defineHandler } from './api-handler.ts'

type Request = RequestOf<typeof apis.addPartitionsToTxn>
type Response = DeepPartial<ResponseOf<typeof apis.addPartitionsToTxn>>
type Topics = Request['v3AndBelowTopics']
type TopicResults = NonNullable<Response['resultsByTopicV3AndBelow']>

const fencedFromVersion = 2
const listsFromVersion = 4

export const addPartitionsToTxnHandler = defineHandler({
  api: apis.addPartitionsToTxn,
  handle(request, { node, apiVersion }): Response {
    if (apiVersion >= listsFromVersion) {
      const resultsByTransaction = request.transactions.map((transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: transaction.verifyOnly
          ? verify(transaction, transaction.topics, node)
          : add(transaction, transaction.topics, node),
      }))
      return { resultsByTransaction }
    }
    const claim = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
    }
    const known = (error: KafkaErrorName): KafkaErrorName =>
      error === 'PRODUCER_FENCED' && apiVersion < fencedFromVersion ? 'INVALID_PRODUCER_EPOCH' : error
    return { resultsByTopicV3AndBelow: add(claim, request.v3AndBelowTopics, node, known) }
  },
  refuse(request, errorCode, { apiVersion }): Response {
    if (apiVersion >= listsFromVersion) return { errorCode }
    return { resultsByTopicV3AndBelow: everywhere(request.v3AndBelowTopics, () => errorCode) }
  },
})

function add(
  claim: TransactionClaim,
  topics: Topics,
  node: NodeState,
  known: (error: KafkaErrorName) => KafkaErrorName = (error) => error,
): TopicResults {
  const exists = (topic: string, partition: number): boolean =>
    node.topics.partition(topic, partition) !== undefined
  const partitions = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  )
  if (!partitions.every(({ topic, partition }) => exists(topic, partition)))
    return everywhere(topics, (topic, partition) =>
      kafkaErrorCode(exists(topic, partition) ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION'),
    )
  const errorCode = kafkaErrorCode(known(node.transactions.addPartitions(claim, partitions)))
  return everywhere(topics, () => errorCode)
}

function verify(claim: TransactionClaim, topics: Topics, node: NodeState): TopicResults {
  const found = node.transactions.verify(claim)
  return everywhere(topics, (topic, partition) => {
    if (typeof found === 'string') return kafkaErrorCode(found)
    return kafkaErrorCode(found.partitions.has(`${topic}-${partition}`) ? 'NONE' : 'TRANSACTION_ABORTABLE')
  })
}

function everywhere(topics: Topics, errorOf: (topic: string, partition: number) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}
