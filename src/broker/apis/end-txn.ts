/**
 * EndTxn (26): commits or aborts. Answered when the outcome is decided; markers land later. From version 5 on (KIP-890) the producer's epoch
 * moves on, and the answer says to what; from version 2 on a producer understands PRODUCER_FENCED.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onTransaction } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.endTxn>>

const fencedFromVersion = 2
const movesEpochFromVersion = 5

export const endTxnHandler = defineHandler({
  api: apis.endTxn,
  demands: ({ transactionalId }) => [onTransaction(transactionalId, 'write')],
  handle(request, { node, apiVersion }): Response {
    const outcome = request.committed ? 'commit' : 'abort'
    const { error, producerId, producerEpoch } = node.transactions.end(
      request,
      outcome,
      apiVersion >= movesEpochFromVersion,
    )
    if (error === 'NONE') return { producerId, producerEpoch }
    const old = error === 'PRODUCER_FENCED' && apiVersion < fencedFromVersion
    return { errorCode: kafkaErrorCode(old ? 'INVALID_PRODUCER_EPOCH' : error) }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
