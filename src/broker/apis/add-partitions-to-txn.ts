/**
 * AddPartitionsToTxn (24): makes partitions part of a transaction, before they are written to. One transaction up to version 3, which is
 * what clients send; several from version 4 on, as brokers do among themselves, also only to ask (`verifyOnly`): that takes
 * a right of theirs. If one partition does not exist none is added. From version 2 on a producer understands PRODUCER_FENCED.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { partitionKey } from '../topics/partition-name.ts'
import type { TransactionClaim } from '../transactions/transaction-coordinator.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster, onTransaction } from './demand.ts'
import { refusalOf } from './refusal.ts'
import { findPartition, findTopic } from './partition-lookup.ts'

type Request = RequestOf<typeof apis.addPartitionsToTxn>
type Response = DeepPartial<ResponseOf<typeof apis.addPartitionsToTxn>>
type Topics = Request['v3AndBelowTopics']
type TopicResults = NonNullable<Response['resultsByTopicV3AndBelow']>

const fencedFromVersion = 2
const listsFromVersion = 4

export const addPartitionsToTxnHandler = defineHandler({
  api: apis.addPartitionsToTxn,
  demands: ({ v3AndBelowTransactionalId: id }) =>
    id === '' ? [onCluster('clusterAction')] : [onTransaction(id, 'write')],
  handle(request, call): Response {
    const { apiVersion } = call
    if (apiVersion >= listsFromVersion) {
      const resultsByTransaction = request.transactions.map((transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: transaction.verifyOnly
          ? verify(transaction, transaction.topics, call)
          : add(transaction, transaction.topics, call),
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
    return { resultsByTopicV3AndBelow: add(claim, request.v3AndBelowTopics, call, known) }
  },
  refuse(request, errorCode, { apiVersion }): Response {
    if (apiVersion >= listsFromVersion) return { errorCode }
    return { resultsByTopicV3AndBelow: everywhere(request.v3AndBelowTopics, () => errorCode) }
  },
})

function add(
  claim: TransactionClaim,
  topics: Topics,
  call: Call,
  known: (error: KafkaErrorName) => KafkaErrorName = (error) => error,
): TopicResults {
  const refused = refusalOf(call, onTransaction(claim.transactionalId, 'write'))
  if (refused !== undefined) return everywhere(topics, () => kafkaErrorCode(refused))
  const errorOf = (topic: string, partition: number): KafkaErrorName => {
    const found = findPartition(findTopic(call, { name: topic }, 'write'), partition)
    return found.kind === 'missing' ? found.error : 'NONE'
  }
  const partitions = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  )
  if (partitions.some(({ topic, partition }) => errorOf(topic, partition) !== 'NONE'))
    return everywhere(topics, (topic, partition) => {
      const error = errorOf(topic, partition)
      return kafkaErrorCode(error === 'NONE' ? 'OPERATION_NOT_ATTEMPTED' : error)
    })
  const errorCode = kafkaErrorCode(known(call.node.transactions.addPartitions(claim, partitions)))
  return everywhere(topics, () => errorCode)
}

function verify(claim: TransactionClaim, topics: Topics, call: Call): TopicResults {
  const found = call.node.transactions.verify(claim)
  return everywhere(topics, (topic, partition) => {
    if (typeof found === 'string') return kafkaErrorCode(found)
    return kafkaErrorCode(
      found.partitions.has(partitionKey({ topic, partition })) ? 'NONE' : 'TRANSACTION_ABORTABLE',
    )
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
