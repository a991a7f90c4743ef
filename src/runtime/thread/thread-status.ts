import type { TaskStatus, ThreadStatus } from '../status.ts'
import type { Task } from '../task/task.ts'
import type { OpenThread } from './assemble-thread.ts'

/** A snapshot for people and monitors. */
export function threadStatus(
  thread: number,
  { open, knowsItsTasks }: { readonly open: OpenThread | undefined; readonly knowsItsTasks: boolean },
): ThreadStatus {
  if (open === undefined) return notOpen(thread)
  const { sourceTopics } = open.plan
  return { thread, sourceTopics, knowsItsTasks, tasks: open.tasks.set.all.map(taskStatus) }
}

/** Of a thread that has not opened, or has ended. */
export function notOpen(thread: number): ThreadStatus {
  return { thread, sourceTopics: [], knowsItsTasks: false, tasks: [] }
}

function taskStatus(task: Task): TaskStatus {
  return {
    id: task.id,
    subTopology: task.subTopology,
    partition: task.partition,
    state: task.state,
    streamTimeMs: task.streamTimeMs,
    inputs: task.queues.map((queue) => ({
      ...queue.partition,
      position: queue.position,
      committed: task.committedPosition(queue),
      lagRecords: queue.lagRecords,
      queuedBytes: queue.queuedBytes,
    })),
    stores: task.stores.map(({ spec, managed }) => ({
      name: spec.name,
      entries: managed.entryCount,
      sizeBytes: managed.sizeBytes,
      position: managed.position()?.offset,
    })),
  }
}
