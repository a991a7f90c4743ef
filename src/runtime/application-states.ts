import { assert } from '../base/assert.ts'

/** `starting`: not every thread has all its tasks running, or knows that it has none. */
export type ApplicationState = 'created' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'

/** Where an application may go from each state. The diagram in the architecture page is drawn from this table. */
export const applicationTransitions: Readonly<Record<ApplicationState, readonly ApplicationState[]>> = {
  created: ['starting', 'stopped'],
  starting: ['running', 'stopping', 'failed'],
  running: ['starting', 'stopping', 'failed'],
  stopping: ['stopped', 'failed'],
  stopped: [],
  failed: [],
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextApplicationState(from: ApplicationState, to: ApplicationState): ApplicationState {
  assert(applicationTransitions[from].includes(to), `application cannot go from ${from} to ${to}`)
  return to
}
