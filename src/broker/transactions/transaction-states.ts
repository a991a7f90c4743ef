import { StreamError } from '../../base/errors.ts'

/**
 * - `empty`: a producer has the id; nothing is open.
 * - `ongoing`: partitions or groups have been added.
 * - `prepare-commit`, `prepare-abort`: the outcome is decided; its markers are on their way.
 * - `complete-commit`, `complete-abort`: every marker has landed.
 */
export type TransactionState =
  | 'empty'
  | 'ongoing'
  | 'prepare-commit'
  | 'prepare-abort'
  | 'complete-commit'
  | 'complete-abort'

/** Where a transaction may go from each state. An abort from rest is one of nothing: it only moves the epoch on. */
export const transactionTransitions: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  empty: ['empty', 'ongoing', 'prepare-abort'],
  ongoing: ['prepare-commit', 'prepare-abort'],
  'prepare-commit': ['complete-commit'],
  'prepare-abort': ['complete-abort'],
  'complete-commit': ['empty', 'ongoing', 'prepare-abort'],
  'complete-abort': ['empty', 'ongoing', 'prepare-abort'],
}

/** What the protocol calls them. */
export const transactionStateNames: Readonly<Record<TransactionState, string>> = {
  empty: 'Empty',
  ongoing: 'Ongoing',
  'prepare-commit': 'PrepareCommit',
  'prepare-abort': 'PrepareAbort',
  'complete-commit': 'CompleteCommit',
  'complete-abort': 'CompleteAbort',
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextTransactionState(from: TransactionState, to: TransactionState): TransactionState {
  if (!transactionTransitions[from].includes(to))
    throw new StreamError('INVARIANT_BROKEN', `transaction cannot go from ${from} to ${to}`)
  return to
}
