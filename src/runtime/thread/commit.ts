import { StreamError } from '../../base/errors.ts'
import type { GroupMember, GroupMetadata } from '../../kafka/contracts.ts'
import type { Task } from '../task/task.ts'
import type { Output } from './output.ts'

export interface CommitParts {
  readonly output: Output
  readonly member: Pick<GroupMember, 'metadata' | 'commitOffsets'>
}

/**
 * Begins the commit of one transaction for all tasks of a thread. The caller stands at a record boundary. In this order:
 *
 * 1. operators push out what they hold, stores seal their generation into the change log, positions are noted;
 * 2. the producer closes the transaction: what is appended from now on belongs to the next one, and processing may go on;
 * 3. it waits for acknowledgements, sends the offsets with the group's metadata, and ends the transaction;
 * 4. the sealed generations go to the engines, with the change-log positions they equal.
 *
 * A crash before 3 is done: the broker aborts, the engines have the last commit. Between 3 and 4: the engines are one commit
 * behind the change log, and a start replays that tail. When 3 fails, nothing here is undone: the caller recovers.
 *
 * @returns after 2, with what tells the end of 4
 * @throws StreamError `MEMBER_FENCED`; the end fails with `TRANSACTION_ABORTABLE`, `TRANSACTION_OUTCOME_UNKNOWN`, `PRODUCER_FENCED`, `MEMBER_FENCED`
 */
export async function beginExactlyOnce(
  tasks: readonly Task[],
  { output, member }: CommitParts,
): Promise<{ readonly end: Promise<void> }> {
  const group = asNow(member.metadata)
  for (const task of tasks) task.seal()
  if (output.holds) await output.settle()
  const count = output.counts.close()
  const ended = output.producer.commit(
    tasks.flatMap((task) => task.sealedOffsets()),
    group,
  )
  return {
    end: ended.then(() => {
      count()
      for (const task of tasks) {
        task.storesCommitted()
        task.offsetsCommitted()
      }
    }),
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
  await member.commitOffsets(tasks.flatMap((task) => task.sealedOffsets()))
  for (const task of tasks) task.offsetsCommitted()
}

/**
 * The member as it is now, with generations to come. The member's own view is a live one: now the commit waits for
 * acknowledgements; now a heartbeat hears that the group has forgotten this member, and the view shows no member and no
 * generation; now the offsets go out as those of a client without a group, which a coordinator takes from anybody while its
 * group is empty. A commit is therefore made as the member that did the work, or refused.
 */
function asNow(live: GroupMetadata): GroupMetadata {
  const { groupId, memberId, instanceId, generation } = live
  if (memberId === '' || generation < 0) {
    throw new StreamError('MEMBER_FENCED', `group "${groupId}" has forgotten this member`)
  }
  return {
    groupId,
    memberId,
    instanceId,
    get generation() {
      return live.memberId === memberId && live.generation >= 0 ? live.generation : generation
    },
    get joining() {
      return live.memberId === memberId && live.joining === true
    },
  }
}
