import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

export interface CompactionPlan {
  /** What may be compacted: everything before what is being written, is in an open transaction or is too young. */
  readonly segments: readonly Segment[]
  /** Which part of it is new, from 0 to 1. */
  readonly dirtyRatio: number
}

/** What compacting a log now would be about; undefined where it is not worth it yet. */
export function planCompaction(log: PartitionLog, nowMs: number): CompactionPlan | undefined {
  const { settings } = log
  if (!settings.compacted) return undefined
  const segments = compactable(log, nowMs)
  const dirty = segments.filter(({ lastOffset }) => lastOffset >= log.compactedTo)
  const dirtyBytes = sizeOf(dirty)
  if (dirtyBytes === 0) return undefined
  const dirtyRatio = dirtyBytes / sizeOf(segments)
  const overdue = dirty.some(
    ({ firstTimestampMs }) => firstTimestampMs >= 0 && nowMs - firstTimestampMs > settings.maxCompactionLagMs,
  )
  return overdue || dirtyRatio > settings.minDirtyRatio ? { segments, dirtyRatio } : undefined
}

function compactable(log: PartitionLog, nowMs: number): Segment[] {
  const { minCompactionLagMs } = log.settings
  const found: Segment[] = []
  for (const segment of log.segments.all().slice(0, -1)) {
    const tooYoung = minCompactionLagMs > 0 && nowMs - segment.maxTimestampMs < minCompactionLagMs
    if (segment.lastOffset >= log.lastStableOffset || tooYoung) break
    found.push(segment)
  }
  return found
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
