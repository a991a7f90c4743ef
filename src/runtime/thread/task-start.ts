import { partitionKey } from '../../kafka/contracts.ts'
import type {
  Admin,
  CommittedOffset,
  GroupMember,
  IsolationLevel,
  TopicPartition,
} from '../../kafka/contracts.ts'
import { assert } from '../../base/assert.ts'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { OffsetReset } from '../../topology/topology.ts'
import { decodeOperatorTimes, decodePartitionTime } from '../task/offset-metadata.ts'
import { isLost, unfitReason, type ChangeLogFacts } from '../task/store-fit.ts'
import type { PartitionQueue } from '../task/partition-queue.ts'
import type { Task, TaskStart } from '../task/task.ts'
import type { TaskStore } from '../task/task-store.ts'
import { markedLog } from '../task/topics-mark.ts'
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
  /** Of stores that hold something already: where the leaders end the epochs of their positions. */
  readonly epochEnds: ReadonlyMap<string, number>
  /** By topic: how long tombstones stay in the change log of a store that holds something already. */
  readonly tombstonesMs: ReadonlyMap<string, number>
}

/**
 * Asks for committed offsets first, and only then where the change logs end. In the other order: the former owner's transaction
 * ends between the two answers; the offsets count on its records, and the end that was read lies before them.
 */
export async function askCluster(
  member: Pick<GroupMember, 'fetchOffsets'>,
  admin: AskedAdmin,
  tasks: readonly Task[],
  options: StartOptions,
): Promise<ClusterFacts> {
  const inputs = tasks.flatMap((task) => task.partitions)
  const committed = await member.fetchOffsets(inputs)
  const changeLogs = tasks.flatMap((task) => task.stores.flatMap((store) => store.changeLog ?? []))
  const changeLogEnds = await listOffsets(admin, changeLogs, 'latest', 'read_uncommitted')
  const fresh = inputs.filter((partition) => !committed.has(partitionKey(partition)))
  // With one input there is no order to wait for, and nobody asks where it ends.
  const ordered = tasks.filter((task) => task.queues.length > 1).flatMap((task) => task.partitions)
  const [changeLogStarts, epochEnds, tombstonesMs, resets, ends] = await Promise.all([
    listOffsets(admin, changeLogs, 'earliest', 'read_uncommitted'),
    askEpochs(admin, tasks),
    askTombstones(admin, tasks),
    resetOffsets(admin, fresh, { ...options, nowMs: options.nowMs() }),
    listOffsets(admin, ordered, 'latest', options.isolation),
  ])
  return { committed, resets, ends, changeLogStarts, changeLogEnds, epochEnds, tombstonesMs }
}

type AskedAdmin = Pick<Admin, 'listOffsets' | 'epochEnds' | 'topicConfigs'>

async function askEpochs(admin: AskedAdmin, tasks: readonly Task[]): Promise<Map<string, number>> {
  const positions = tasks.flatMap((task) =>
    task.stores.flatMap(({ changeLog, managed }) => {
      const leaderEpoch = managed.position()?.leaderEpoch ?? -1
      return changeLog === undefined || leaderEpoch < 0 ? [] : [{ ...changeLog, leaderEpoch }]
    }),
  )
  return positions.length === 0 ? new Map() : admin.epochEnds(positions)
}

async function askTombstones(admin: AskedAdmin, tasks: readonly Task[]): Promise<Map<string, number>> {
  const topics = new Set(
    tasks.flatMap((task) =>
      task.stores.flatMap(({ changeLog, managed }) =>
        changeLog === undefined || managed.position() === undefined ? [] : [changeLog.topic],
      ),
    ),
  )
  const kept = await Promise.all(
    Array.from(topics, async (topic) => {
      const { 'delete.retention.ms': keptMs } = await admin.topicConfigs(topic)
      return [topic, Number(keptMs ?? dayMs)] as const
    }),
  )
  return new Map(kept)
}

/** Kafka's default. */
const dayMs = 86_400_000

async function listOffsets(
  admin: AskedAdmin,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest',
  isolation: IsolationLevel,
): Promise<Map<string, number>> {
  return partitions.length === 0 ? new Map() : admin.listOffsets(partitions, at, isolation)
}

interface Beginning {
  readonly logger: Logger
  readonly nowMs: number
}

/**
 * Puts a task at its offsets and says what is to be replayed before it runs. Synchronous: nothing can come between.
 *
 * @throws StreamError `CHANGE_LOG_LOST`, `STORE_CHANGED`
 */
export function beginTask(task: Task, facts: ClusterFacts, beginning: Beginning): RestorePart[] {
  task.begin(startsOf(task, facts))
  return task.stores.flatMap((store) => {
    const reason = emptyReason(task, store)
    if (reason !== undefined) {
      beginning.logger.warn('store without change log starts empty', { store: store.spec.name, reason })
      store.reopen()
    }
    return restorePart(task, store, facts, beginning)
  })
}

/** Why what a store without change log holds cannot be used. */
function emptyReason(task: Task, store: TaskStore): string | undefined {
  if (store.missedCommit(task.queues, task.hasCommitted)) return 'it missed a commit'
  return store.spec.logging === 'none' ? store.layoutTrouble : undefined
}

function startsOf(task: Task, facts: ClusterFacts): Map<PartitionQueue, TaskStart> {
  const starts = new Map<PartitionQueue, TaskStart>()
  for (const queue of task.queues) {
    const key = partitionKey(queue.partition)
    const committed = facts.committed.get(key)
    const position = committed?.offset ?? facts.resets.get(key)
    assert(position !== undefined, `nobody has said where ${key} begins`)
    starts.set(queue, {
      position,
      committed: committed?.offset,
      partitionTimeMs: decodePartitionTime(committed),
      operatorTimes: decodeOperatorTimes(committed),
      end: facts.ends.get(key) ?? 0,
    })
  }
  return starts
}

function restorePart(task: Task, store: TaskStore, facts: ClusterFacts, beginning: Beginning): RestorePart[] {
  const { changeLog } = store
  if (changeLog === undefined) return []
  checkMark(task, store, facts, beginning)
  const log = changeLogFacts(store, changeLog, facts)
  const isOwn = store.spec.logging === 'own'
  if (isOwn && task.hasCommitted && isLost(store.managed.position(), log))
    throw changeLogLost(store, changeLog)
  emptyUnfit(task, store, log, beginning)
  const from = store.managed.position()?.offset ?? log.start
  // A table's own topic goes on growing behind what the task has processed: the table is replayed up to there and no further.
  const committed = facts.committed.get(partitionKey(changeLog))?.offset ?? 0
  const end = store.spec.logging === 'source' ? Math.min(log.end, committed) : log.end
  return from < end ? [{ store, changeLog, from, end }] : []
}

/** Whether what the store's change log holds is what this store wrote, as far as the commits that count on it say. */
function checkMark(task: Task, store: TaskStore, facts: ClusterFacts, { logger }: Beginning): void {
  const { changeLog, spec } = store
  if (changeLog === undefined || spec.logging !== 'own') return
  const marked = markedIn(task, store, facts)
  if (marked === 'other') throw storeChanged(store, changeLog)
  if (marked !== 'none' || changeLogFacts(store, changeLog, facts).end === 0) return
  logger.warn('store takes up a change log that the last commit did not count on', {
    store: spec.name,
    changeLog: changeLog.topic,
    hint: 'A former definition had it, and what was processed since is not in it. To begin it empty, give the store another name.',
  })
}

/** What the commits of the task's inputs say of the store's change log: the one that says most. */
function markedIn(
  task: Task,
  { spec }: TaskStore,
  { committed }: ClusterFacts,
): ReturnType<typeof markedLog> {
  const said = task.partitions.map((input) => markedLog(committed.get(partitionKey(input)), spec))
  return (['other', 'same', 'none'] as const).find((one) => said.includes(one))
}

function emptyUnfit(task: Task, store: TaskStore, log: ChangeLogFacts, { logger, nowMs }: Beginning): void {
  const reason = store.layoutTrouble ?? unfitReason(store.managed.position(), log, nowMs)
  if (reason === undefined) return
  const { name } = store.spec
  logger.warn('store does not fit its change log and is rebuilt', { store: name, task: task.id, reason })
  store.reopen()
}

function changeLogFacts(store: TaskStore, changeLog: TopicPartition, facts: ClusterFacts): ChangeLogFacts {
  const key = partitionKey(changeLog)
  return {
    topicId: store.topicId,
    start: facts.changeLogStarts.get(key) ?? 0,
    end: facts.changeLogEnds.get(key) ?? 0,
    epochEnd: facts.epochEnds.get(key),
    tombstonesMs: facts.tombstonesMs.get(changeLog.topic),
  }
}

function changeLogLost({ spec }: TaskStore, { topic, partition }: TopicPartition): StreamError {
  return new StreamError('CHANGE_LOG_LOST', `the change log "${topic}" of store "${spec.name}" is gone`, {
    detail: `Its partition ${partition} is empty and not the topic that the store on this disk belongs to, while the group has committed input.`,
    hint: 'Bring its records back, or let the application begin anew with "weft reset"; where that was done from another host, delete this one\'s state folder.',
  })
}

function storeChanged({ spec }: TaskStore, { topic }: TopicPartition): StreamError {
  return new StreamError(
    'STORE_CHANGED',
    `store "${spec.name}" is not the one that its change log was written for`,
    {
      detail: `Since the application last committed, its kind, the format of its keys or values, or the tables of the join that it belongs to have changed; topic "${topic}" would be misread.`,
      hint: 'Give it another name, or the query that it belongs to, so that it starts empty; or let the application begin anew with "weft reset"; or go back to the former definition.',
    },
  )
}
