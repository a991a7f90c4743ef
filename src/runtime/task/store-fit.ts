import type { ChangeLogPosition } from '../../store/contracts.ts'

/** What the cluster says of a store's change log. */
export interface ChangeLogFacts {
  readonly topicId: string
  readonly start: number
  readonly end: number
  /** Where the leader ends the epoch of the store's position; undefined where it was not asked. */
  readonly epochEnd: number | undefined
  /** How long tombstones stay after they could be compacted; undefined where it was not asked. */
  readonly tombstonesMs: number | undefined
}

/**
 * Whether a change log is gone for good: another topic has its name and nothing in it, so that no store can be built from it.
 */
export function isLost(position: ChangeLogPosition | undefined, log: ChangeLogFacts): boolean {
  return position !== undefined && position.offset > 0 && position.topicId !== log.topicId && log.end === 0
}

/** Of the time for which tombstones stay: nobody knows how long a broker takes to begin. */
const tombstoneShare = 0.5

/**
 * Whether a change log can continue what a store on disk holds.
 *
 * @returns why not; undefined: it can
 */
export function unfitReason(
  position: ChangeLogPosition | undefined,
  log: ChangeLogFacts,
  nowMs: number,
): string | undefined {
  if (position === undefined) return undefined
  const { topicId, offset, committedAtMs } = position
  if (topicId !== log.topicId) return 'the change log is another topic of the same name'
  if (offset > log.end) return `its position ${offset} is behind the end of the change log at ${log.end}`
  if (offset < log.start)
    return `its position ${offset} is before the start of the change log at ${log.start}`
  if (log.epochEnd !== undefined && log.epochEnd < offset) {
    return `the change log lost records that the store holds: their epoch ends at ${log.epochEnd}, the position is ${offset}`
  }
  const ageMs = nowMs - committedAtMs
  if (offset < log.end && log.tombstonesMs !== undefined && ageMs > log.tombstonesMs * tombstoneShare) {
    return 'it is so old that deletions may be missing from the change log'
  }
  return undefined
}
