/** AddOffsetsToTxn (25): makes a group's offsets part of a transaction. From version 2 on a producer understands PRODUCER_FENCED. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onTransaction, rightTo } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.addOffsetsToTxn>>

const fencedFromVersion = 2

export const addOffsetsToTxnHandler = defineHandler({
  api: apis.addOffsetsToTxn,
  demands: ({ transactionalId, groupId }) => [
    onTransaction(transactionalId, 'write'),
    rightTo('read', 'group', groupId),
  ],
  handle(request, { node, apiVersion }): Response {
    if (request.groupId === '') return { errorCode: kafkaErrorCode('INVALID_GROUP_ID') }
    const error = node.transactions.addGroup(request, request.groupId)
    const old = error === 'PRODUCER_FENCED' && apiVersion < fencedFromVersion
    return { errorCode: kafkaErrorCode(old ? 'INVALID_PRODUCER_EPOCH' : error) }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
