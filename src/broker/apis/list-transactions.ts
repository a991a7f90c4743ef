/**
 * ListTransactions (66): the transactional ids that the node asked coordinates and the caller may describe, filtered by state and producer;
 * from version 1 on by age, from version 2 on by a regular expression.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { PatternProblem, readPattern } from '../patterns/linear-pattern.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { transactionStateNames } from '../transactions/transaction-states.ts'
import { defineHandler } from './api-handler.ts'
import { onTransaction } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Request = RequestOf<typeof apis.listTransactions>
type Response = DeepPartial<ResponseOf<typeof apis.listTransactions>>

export const listTransactionsHandler = defineHandler({
  api: apis.listTransactions,
  handle(request, call): Response {
    const { node } = call
    const names = new Set(Object.values(transactionStateNames))
    const unknownStateFilters = request.stateFilters.filter((name) => !names.has(name))
    const nowMs = node.clock.nowMs()
    const pattern = readPattern(request.transactionalIdPattern)
    if (pattern instanceof PatternProblem) return { errorCode: kafkaErrorCode('INVALID_REGULAR_EXPRESSION') }
    const transactionStates = node.transactions
      .all()
      .filter((transaction) => matches(transaction, request, nowMs))
      .filter(({ transactionalId }) => pattern?.matches(transactionalId) ?? true)
      .filter(
        ({ transactionalId }) => refusalOf(call, onTransaction(transactionalId, 'describe')) === undefined,
      )
      .map(({ transactionalId, producer, state }) => ({
        transactionalId,
        producerId: producer.producerId,
        transactionState: transactionStateNames[state],
      }))
    return { unknownStateFilters, transactionStates }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function matches({ state, producer, startedAtMs }: Transaction, request: Request, nowMs: number): boolean {
  const { stateFilters, producerIdFilters, durationFilter } = request
  if (stateFilters.length > 0 && !stateFilters.includes(transactionStateNames[state])) return false
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(producer.producerId)) return false
  return durationFilter < 0 || (startedAtMs >= 0 && nowMs - startedAtMs > durationFilter)
}
