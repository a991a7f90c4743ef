/** DescribeTransactions (65): state and partitions of transactional ids. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { transactionStateNames } from '../transactions/transaction-states.ts'
import { defineHandler } from './api-handler.ts'
import { onTransaction } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.describeTransactions>>

export const describeTransactionsHandler = defineHandler({
  api: apis.describeTransactions,
  handle: (request, call): Response => ({
    transactionStates: request.transactionalIds.map((transactionalId) => {
      const { node } = call
      const refused = refusalOf(call, onTransaction(transactionalId, 'describe'))
      if (refused !== undefined) return { transactionalId, errorCode: kafkaErrorCode(refused) }
      const transaction = node.transactions.get(transactionalId)
      if (transaction === undefined)
        return { transactionalId, errorCode: kafkaErrorCode('TRANSACTIONAL_ID_NOT_FOUND') }
      const byTopic = Map.groupBy(transaction.partitions.values(), ({ topic }) => topic)
      return {
        transactionalId,
        transactionState: transactionStateNames[transaction.state],
        transactionTimeoutMs: transaction.timeoutMs,
        transactionStartTimeMs: transaction.startedAtMs,
        ...transaction.producer,
        topics: [...byTopic].map(([topic, names]) => ({
          topic,
          partitions: names.map(({ partition }) => partition),
        })),
      }
    }),
  }),
  refuse: (request, errorCode): Response => ({
    transactionStates: request.transactionalIds.map((transactionalId) => ({ transactionalId, errorCode })),
  }),
})
