import type { GroupMember } from '../../kafka/contracts.ts'
import type { Task } from '../task/task.ts'
import type { Output } from './output.ts'

export interface CommitParts {
  readonly output: Output
  readonly member: Pick<GroupMember, 'metadata' | 'commitOffsets'>
}

/**
 * One transaction for all tasks of a thread. The caller stands at a record boundary. In this order:
 *
 * 1. operators push out what they hold, stores seal their generation into the change log;
 * 2. the producer waits for acknowledgements, sends the offsets with the group's metadata, and ends the transaction;
 * 3. the sealed generations go to the engines, with the change-log positions they equal.
 *
 * A crash before 2 is done: the broker aborts, the engines have the last commit. Between 2 and 3: the engines are one commit
 * behind the change log, and a start replays that tail. When 2 fails, nothing here is undone: the caller recovers.
 *
 * @throws StreamError `TRANSACTION_ABORTABLE`, `TRANSACTION_OUTCOME_UNKNOWN`, `PRODUCER_FENCED`, `MEMBER_FENCED`
 */
export async function commitExactlyOnce(
  tasks: readonly Task[],
  { output, member }: CommitParts,
): Promise<void> {
  for (const task of tasks) task.seal()
  await output.settle()
  const offsets = tasks.flatMap((task) => task.offsets())
  await output.producer.commit(offsets, member.metadata)
  for (const task of tasks) {
    task.storesCommitted()
    task.offsetsCommitted()
  }
}

/**
 * Outputs and change log first, then the engines, then the offsets: whatever is cut off, nothing is lost, and the records since the
 * last offsets are processed again.
 *
 * @throws StreamError `MEMBER_FENCED`, or what failed in the producer
 */
export async function commitAtLeastOnce(
  tasks: readonly Task[],
  { output, member }: CommitParts,
): Promise<void> {
  for (const task of tasks) task.seal()
  await output.settle()
  await output.producer.flush()
  for (const task of tasks) task.storesCommitted()
  await member.commitOffsets(tasks.flatMap((task) => task.offsets()))
  for (const task of tasks) task.offsetsCommitted()
}
