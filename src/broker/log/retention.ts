import type { PartitionLog } from './partition-log.ts'

/**
 * Deletes the oldest segments whose newest record is past the topic's retention time, and those beyond its size. The segment
 * being written goes, too, when all of it is too old.
 *
 * @returns how many bytes went
 */
export function applyRetention(log: PartitionLog, nowMs: number): number {
  const { settings } = log
  if (!settings.deleted) return 0
  const before = log.sizeBytes
  let excessBytes = before - settings.retentionBytes
  let startOffset = log.startOffset
  for (const segment of log.segments.all()) {
    const newestMs = segment.maxTimestampMs < 0 ? segment.createdMs : segment.maxTimestampMs
    const tooOld = nowMs - newestMs > settings.retentionMs
    const tooMuch = excessBytes >= segment.sizeBytes
    if (segment.sizeBytes === 0 || (!tooOld && !tooMuch)) break
    excessBytes -= segment.sizeBytes
    startOffset = segment.lastOffset + 1
  }
  log.deleteBefore(startOffset)
  return before - log.sizeBytes
}
