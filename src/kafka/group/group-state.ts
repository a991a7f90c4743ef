import { StreamError } from '../../base/errors.ts'

/**
 * Where a member stands. In `joining` the coordinator gathers the members; everything else that changes what the owner has
 * (`due`, `assigned`, `lost`) waits for the owner's next poll.
 */
export type MemberState = 'due' | 'joining' | 'assigned' | 'stable' | 'lost' | 'failed' | 'closed'

/** Where it may go from each state. The diagram in the architecture page is drawn from this table. */
export const memberTransitions: Readonly<Record<MemberState, readonly MemberState[]>> = {
  due: ['joining', 'lost', 'failed', 'closed'],
  joining: ['assigned', 'due', 'lost', 'failed', 'closed'],
  assigned: ['stable', 'due', 'lost', 'failed', 'closed'],
  stable: ['due', 'lost', 'failed', 'closed'],
  lost: ['due', 'failed', 'closed'],
  failed: ['closed'],
  closed: [],
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextMemberState(from: MemberState, to: MemberState): MemberState {
  if (from === to) return to
  if (!memberTransitions[from].includes(to)) {
    throw new StreamError('INVARIANT_BROKEN', `group member cannot go from ${from} to ${to}`)
  }
  return to
}
