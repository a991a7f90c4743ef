import { StreamError } from '../../base/errors.ts'

/**
 * Where a transactional producer stands. `open`: something was appended since the last end. `abortable`: something failed;
 * only an abort goes on. `fatal`: fenced, or the outcome of an end is not known; only a new producer goes on.
 */
export type TransactionState =
  | 'uninitialised'
  | 'initialising'
  | 'ready'
  | 'open'
  | 'committing'
  | 'aborting'
  | 'abortable'
  | 'fatal'

/** Where it may go from each state. */
export const transactionTransitions: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  uninitialised: ['initialising', 'fatal'],
  initialising: ['ready', 'uninitialised', 'fatal'],
  ready: ['initialising', 'open', 'aborting', 'abortable', 'fatal'],
  open: ['committing', 'aborting', 'abortable', 'fatal'],
  committing: ['ready', 'open', 'abortable', 'fatal'],
  abortable: ['aborting', 'fatal'],
  aborting: ['ready', 'fatal'],
  fatal: [],
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextTransactionState(from: TransactionState, to: TransactionState): TransactionState {
  if (from === to) return to
  if (!transactionTransitions[from].includes(to)) {
    throw new StreamError('INVARIANT_BROKEN', `transactional producer cannot go from ${from} to ${to}`)
  }
  return to
}
