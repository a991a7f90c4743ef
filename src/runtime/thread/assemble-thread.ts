import type { FunctionHost } from '../../functions/open-functions.ts'
import type { GroupMember } from '../../kafka/contracts.ts'
import { AssignedTasks } from './assigned-tasks.ts'
import { CommitCycle } from './commit-cycle.ts'
import { openProducer } from './connect-thread.ts'
import { resetPolicies } from './offset-reset.ts'
import { KnownOffsets } from './known-offsets.ts'
import { joinGroup, openEquipment } from './open-thread.ts'
import type { Equipment, Membership } from './open-thread.ts'
import type { ThreadParts } from './thread-parts.ts'
import { Purge } from './purge.ts'
import { TaskBuilder } from './task-builder.ts'

/** A stream thread that is in its group. */
export interface OpenThread extends Equipment {
  readonly member: GroupMember
  readonly tasks: AssignedTasks
  readonly cycle: CommitCycle
}

/** What a thread has before it touches the cluster. */
export interface ThreadBeginning {
  /** Closed with the thread, also where it does not open. */
  readonly functions: FunctionHost
  readonly membership: Membership
  readonly stopping: () => boolean
}

/**
 * Opens a thread and joins its group. Nothing reaches the listener before this has resolved: the member calls it only inside
 * `poll`.
 */
export async function assembleThread(
  parts: ThreadParts,
  { functions, membership, stopping }: ThreadBeginning,
): Promise<OpenThread> {
  const equipment = await openEquipment(parts, functions, stopping)
  const member = joinGroup(parts, equipment, membership)
  const tasks = assignedTasks(parts, equipment, { member, wake: membership.wake })
  const cycle = commitCycle(parts, equipment, { member, tasks })
  return { ...equipment, member, tasks, cycle }
}

function assignedTasks(
  parts: ThreadParts,
  equipment: Equipment,
  { member, wake }: { readonly member: GroupMember; readonly wake: () => void },
): AssignedTasks {
  const { options, surroundings, metrics } = parts
  const { kafka, topology, plan, isolation, fetcher, restorer, globals } = equipment
  const builder = new TaskBuilder({
    options,
    surroundings,
    metrics,
    ...equipment,
    breaking: parts.breaking,
    globalStore: (node) => globals.store(node),
  })
  return new AssignedTasks({
    plan,
    admin: kafka.admin,
    member,
    fetcher,
    restorer,
    buildTask: (request) => builder.build(request),
    start: {
      isolation,
      policyOf: resetPolicies(topology, plan.repartitionTopics, options.offsetReset),
      nowMs: () => surroundings.clock.nowMs(),
    },
    known: parts.known ?? new KnownOffsets(),
    queueBytesMax: options.bounds.queueBytes,
    logger: surroundings.logger,
    onAnswer: wake,
  })
}

function commitCycle(
  parts: ThreadParts,
  { kafka, plan, output, cleanBudget }: Equipment,
  { member, tasks }: Pick<OpenThread, 'member' | 'tasks'>,
): CommitCycle {
  const { options, surroundings, metrics } = parts
  const { clock, logger } = surroundings
  const purge = new Purge({
    admin: kafka.admin,
    topics: plan.repartitionTopics,
    intervalMs: options.purgeIntervalMs,
    clock,
    logger,
  })
  return new CommitCycle({
    options,
    output,
    cleanBudget,
    tasks,
    member,
    openProducer: () => openProducer(kafka, parts),
    clock,
    logger,
    metrics,
    onCommitted: () => {
      purge.afterCommit(tasks.set.running)
      parts.onCommitted()
    },
  })
}

/** Gives up what the thread has; every step is tried. Without a commit before, uncommitted work is lost, as it should be. */
export async function closeThread(open: OpenThread, leave: boolean): Promise<void> {
  await open.cycle.settle()
  try {
    open.tasks.closeAll()
  } finally {
    await open.member.close(leave).finally(() => open.close())
  }
}
