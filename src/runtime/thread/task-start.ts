import { partitionKey } from '../../kafka/contracts.ts'
import type {
  Admin,
  CommittedOffset,
  GroupMember,
  IsolationLevel,
  TopicPartition,
} from '../../kafka/contracts.ts'
import type { Logger } from '../../base/logger.ts'
import type { OffsetReset } from '../../topology/topology.ts'
import { decodePartitionTime } from '../task/offset-metadata.ts'
import type { PartitionQueue } from '../task/partition-queue.ts'
import type { Task, TaskStart } from '../task/task.ts'
import type { TaskStore } from '../task/task-store.ts'
import { resetOffsets } from './offset-reset.ts'
import type { RestorePart } from './restorer.ts'

export interface StartOptions {
  readonly isolation: IsolationLevel
  readonly policyOf: (topic: string) => OffsetReset
  readonly nowMs: () => number
}

/** Everything the cluster says that tasks need to begin. Read in one go for all tasks that begin together. */
export interface ClusterFacts {
  readonly committed: ReadonlyMap<string, CommittedOffset>
  readonly resets: ReadonlyMap<string, number>
  readonly ends: ReadonlyMap<string, number>
  readonly changeLogStarts: ReadonlyMap<string, number>
  readonly changeLogEnds: ReadonlyMap<string, number>
}

/**
 * Asks for committed offsets first, and only then where the change logs end. In the other order: the former owner's transaction
 * ends between the two answers; the offsets count on its records, and the end that was read lies before them.
 */
export async function askCluster(
  member: Pick<GroupMember, 'fetchOffsets'>,
  admin: Pick<Admin, 'listOffsets'>,
  tasks: readonly Task[],
  options: StartOptions,
): Promise<ClusterFacts> {
  const inputs = tasks.flatMap((task) => task.partitions)
  const committed = await member.fetchOffsets(inputs)
  const changeLogs = tasks.flatMap((task) => task.stores.flatMap((store) => store.changeLog ?? []))
  const changeLogEnds = await listOffsets(admin, changeLogs, 'latest', 'read_uncommitted')
  const changeLogStarts = await listOffsets(admin, changeLogs, 'earliest', 'read_uncommitted')
  const fresh = inputs.filter((partition) => !committed.has(partitionKey(partition)))
  const resets = await resetOffsets(admin, fresh, { ...options, nowMs: options.nowMs() })
  // With one input there is no order to wait for, and nobody asks where it ends.
  const ordered = tasks.filter((task) => task.queues.length > 1).flatMap((task) => task.partitions)
  const ends = await listOffsets(admin, ordered, 'latest', options.isolation)
  return { committed, resets, ends, changeLogStarts, changeLogEnds }
}

async function listOffsets(
  admin: Pick<Admin, 'listOffsets'>,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest',
  isolation: IsolationLevel,
): Promise<Map<string, number>> {
  return partitions.length === 0 ? new Map() : admin.listOffsets(partitions, at, isolation)
}

/** Puts a task at its offsets and says what is to be replayed before it runs. Synchronous: nothing can come between. */
export function beginTask(task: Task, facts: ClusterFacts, logger: Logger): RestorePart[] {
  task.begin(startsOf(task, facts))
  const committed = task.partitions.some((partition) => facts.committed.has(partitionKey(partition)))
  return task.stores.flatMap((store) => {
    if (store.missedCommit(task.queues, committed)) {
      logger.warn('store without change log missed a commit and starts empty', { store: store.spec.name })
      store.reopen()
    }
    return restorePart(task, store, facts, logger)
  })
}

function startsOf(task: Task, facts: ClusterFacts): Map<PartitionQueue, TaskStart> {
  const starts = new Map<PartitionQueue, TaskStart>()
  for (const queue of task.queues) {
    const key = partitionKey(queue.partition)
    const committed = facts.committed.get(key)
    starts.set(queue, {
      position: committed?.offset ?? facts.resets.get(key) ?? 0,
      committed: committed?.offset,
      partitionTimeMs: decodePartitionTime(committed),
      end: facts.ends.get(key) ?? 0,
    })
  }
  return starts
}

function restorePart(task: Task, store: TaskStore, facts: ClusterFacts, logger: Logger): RestorePart[] {
  const { changeLog } = store
  if (changeLog === undefined) return []
  const key = partitionKey(changeLog)
  const log = { start: facts.changeLogStarts.get(key) ?? 0, end: facts.changeLogEnds.get(key) ?? 0 }
  if (!fitsLog(store, log)) {
    logger.warn('store does not fit its change log and is rebuilt', { store: store.spec.name, task: task.id })
    store.reopen()
  }
  const from = store.managed.position()?.offset ?? log.start
  // A table's own topic goes on growing behind what the task has processed: the table is replayed up to there and no further.
  const committed = facts.committed.get(key)?.offset ?? 0
  const end = store.spec.logging === 'source' ? Math.min(log.end, committed) : log.end
  return from < end ? [{ store, changeLog, from, end }] : []
}

/** Whether the change log can continue what the store holds: the same topic, and a position that is still in it. */
function fitsLog(store: TaskStore, log: { readonly start: number; readonly end: number }): boolean {
  const position = store.managed.position()
  if (position === undefined) return true
  return position.topicId === store.topicId && position.offset >= log.start && position.offset <= log.end
}
