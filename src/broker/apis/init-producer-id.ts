/**
 * InitProducerId (22): who a producer is. Without a transactional id a new one each time. With one: the same producer id with the next epoch,
 * which fences whoever had it; an open transaction of theirs is aborted first (CONCURRENT_TRANSACTIONS: ask again). From version 3 on
 * a producer may name itself to get its next epoch; from version 4 on it understands PRODUCER_FENCED.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster, onTransaction } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.initProducerId>>

const fencedFromVersion = 4

export const initProducerIdHandler = defineHandler({
  api: apis.initProducerId,
  demands: ({ transactionalId }) =>
    transactionalId === null ? [] : [onTransaction(transactionalId, 'write')],
  handle(request, call): Response {
    const { node, apiVersion } = call
    const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
    if (transactionalId === null && !mayBeIdempotent(call)) return refused('CLUSTER_AUTHORIZATION_FAILED')
    if (transactionalId === null) return { producerId: node.newProducerId(), producerEpoch: 0 }
    if (transactionalId === '') return refused('INVALID_REQUEST')
    if (producerId >= 0 !== producerEpoch >= 0) return refused('INVALID_REQUEST')
    const expected = producerId >= 0 ? { producerId, producerEpoch } : undefined
    const { error, ...producer } = node.transactions.init({
      transactionalId,
      timeoutMs: transactionTimeoutMs,
      expected,
    })
    if (error === 'NONE') return producer
    const known =
      error === 'PRODUCER_FENCED' && apiVersion < fencedFromVersion ? 'INVALID_PRODUCER_EPOCH' : error
    return refused(known)
  },
  refuse: (_request, errorCode): Response => ({ errorCode, producerId: -1, producerEpoch: -1 }),
})

/** Who may write to some topic may do so with sequence numbers. */
function mayBeIdempotent(call: Call): boolean {
  if (refusalOf(call, onCluster('idempotentWrite')) === undefined) return true
  return call.node.authorizer.allowsSome(call.requester, 'write', 'topic')
}

function refused(error: KafkaErrorName): Response {
  return { errorCode: kafkaErrorCode(error), producerId: -1, producerEpoch: -1 }
}
