import type { TaskStatus, ThreadStatus } from '../status.ts'
import type { Task } from '../task/task.ts'
import type { OpenThread } from './assemble-thread.ts'

/** A snapshot for people and monitors. */
export function threadStatus(thread: number, open: OpenThread | undefined): ThreadStatus {
  if (open === undefined) return { thread, sourceTopics: [], tasks: [] }
  return { thread, sourceTopics: open.plan.sourceTopics, tasks: open.tasks.set.all.map(taskStatus) }
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
