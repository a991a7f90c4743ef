import type { Clock, Timer } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Group, GroupCoordinator } from './group-coordinator.ts'
import { subscriptionOf } from './subscriptions.ts'

export interface OffsetRetentionOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly groups: GroupCoordinator
  /** How long an offset stays that nobody needs; Infinity for ever. */
  readonly retentionMs: number
  /** Between two looks. */
  readonly checkMs: number
}

/**
 * Forgets offsets that nobody has needed for long: of a group without members, those that were committed, and whose members were last
 * seen, longer ago than the retention; of a group of consumers, those of topics that no member subscribes to any more. A group without members
 * of which no offset is left goes, too, or of which none has ever been.
 */
export class OffsetRetention {
  readonly #options: OffsetRetentionOptions
  readonly #openedMs: number
  /** When a look last found members in a group. */
  readonly #membersSeenMs = new WeakMap<Group['offsets'], number>()
  #timer: Timer | undefined

  constructor(options: OffsetRetentionOptions) {
    this.#options = options
    this.#openedMs = options.clock.nowMs()
    this.#wait()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #wait(): void {
    const { clock, checkMs, retentionMs } = this.#options
    if (!Number.isFinite(retentionMs)) return
    this.#timer = clock.setTimer(checkMs, () => {
      for (const group of this.#options.groups.all()) this.#guardedCheck(group)
      this.#wait()
    })
  }

  /** What cannot be written down for one group is tried again at the next look. */
  #guardedCheck(group: Group): void {
    try {
      this.#check(group)
    } catch (error) {
      const { code, message } = toStreamError(error)
      this.#options.logger.error('old offsets cannot be forgotten', { group: group.groupId, code, message })
    }
  }

  #check(group: Group): void {
    const { clock, groups, retentionMs, logger } = this.#options
    const { groupId, offsets } = group
    const nowMs = clock.nowMs()
    const empty = group.state === 'empty'
    if (!empty) this.#membersSeenMs.set(offsets, nowMs)
    // Before the broker was opened there may have been members.
    const neededMs = empty ? (this.#membersSeenMs.get(offsets) ?? this.#openedMs) : -Infinity
    const isNeeded = this.#neededBy(group)
    const old = offsets
      .committed()
      .filter(
        ({ topic, partition, committedAtMs }) =>
          nowMs - Math.max(committedAtMs, neededMs) >= retentionMs &&
          !isNeeded(topic) &&
          !offsets.isPending(topic, partition),
      )
    for (const { topic, partition } of old) offsets.delete(topic, partition)
    if (old.length > 0) logger.info('old offsets forgotten', { group: groupId, offsets: old.length })
    if (empty && !offsets.hasPending && offsets.committed().length === 0) groups.delete(groupId)
  }

  #neededBy(group: Group): (topic: string) => boolean {
    if (group.state === 'empty') return () => false
    return group.protocolType === 'consumer' ? subscriptionOf(group) : () => true
  }
}
