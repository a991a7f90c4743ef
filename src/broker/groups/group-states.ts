import { StreamError } from '../../base/errors.ts'

/**
 * - `empty`: no members, perhaps offsets.
 * - `preparing`: a rebalance has begun; members are to join again.
 * - `completing`: all have joined; the leader's assignment is awaited.
 * - `stable`: everyone has an assignment.
 * - `dead`: deleted.
 */
export type GroupState = 'empty' | 'preparing' | 'completing' | 'stable' | 'dead'

/** Where a group may go from each state. */
export const groupTransitions: Readonly<Record<GroupState, readonly GroupState[]>> = {
  empty: ['preparing', 'dead'],
  preparing: ['completing', 'empty'],
  completing: ['stable', 'preparing'],
  stable: ['preparing'],
  dead: [],
}

/** What the protocol calls them. */
export const groupStateNames: Readonly<Record<GroupState, string>> = {
  empty: 'Empty',
  preparing: 'PreparingRebalance',
  completing: 'CompletingRebalance',
  stable: 'Stable',
  dead: 'Dead',
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextGroupState(from: GroupState, to: GroupState): GroupState {
  if (!groupTransitions[from].includes(to))
    throw new StreamError('INVARIANT_BROKEN', `group cannot go from ${from} to ${to}`)
  return to
}
