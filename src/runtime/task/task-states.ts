import { assert } from '../../base/assert.ts'

/**
 * `created`: asking for committed offsets. `restoring`: reading its change logs. `running`: processing. `suspended`: holds its
 * stores and processes nothing, on the way to being closed or to being restored again.
 */
export type TaskState = 'created' | 'restoring' | 'running' | 'suspended' | 'closed'

/** Where a task may go from each state. The diagram in the architecture page is drawn from this table. */
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  created: ['restoring', 'suspended'],
  restoring: ['running', 'suspended'],
  running: ['suspended'],
  suspended: ['created', 'closed'],
  closed: [],
}

/** @throws StreamError `INVARIANT_BROKEN` when the table has no such step */
export function nextTaskState(from: TaskState, to: TaskState): TaskState {
  assert(taskTransitions[from].includes(to), `task cannot go from ${from} to ${to}`)
  return to
}
