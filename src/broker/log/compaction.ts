/**
 * Compaction of one log: of each key, only the newest record stays.
 *
 * In two goes over segments that are no longer written: first the keys of what is new since the last time, as many as memory is
 * allowed for; then everything from the log's start up to there, batch by batch, into new segments, which take the place of the old ones
 * group by group, oldest first. Between the steps others read and write the log; where it has lost segments meanwhile
 * (retention, deletion), the new ones are dropped, and a later compaction begins again.
 */
import { batchAt, RecordColumns, recordsOf, type BatchHeader } from '../../protocol/record-batch-reader.ts'
import { BatchCursor } from './batch-cursor.ts'
import { BatchFilter } from './batch-filter.ts'
import type { CompactionPlan } from './compaction-plan.ts'
import { NewestOffsets } from './newest-offsets.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

/** What is done before others get their turn. */
const stepBytes = 1_048_576

export interface CompactionOptions {
  readonly nowMs: number
  /** What may be remembered of keys; one segment is always read whole. */
  readonly keyBytesMax: number
}

/** Does one step at a time; done when the generator is. */
export function* compact(
  log: PartitionLog,
  plan: CompactionPlan,
  { nowMs, keyBytesMax }: CompactionOptions,
): Generator<void, void, void> {
  const isAborted = abortedIn(log)
  const newest = new NewestOffsets()
  const segments = yield* collectKeys(log, plan, { newest, isAborted, keyBytesMax })
  const filter = new BatchFilter({
    newest,
    producers: log.producers,
    isAborted,
    markerGone: (offset) => log.aborted.forget(offset),
    nowMs,
    deleteRetentionMs: log.settings.deleteRetentionMs,
  })
  for (const group of groupsOf(segments, log.segmentBytesMax)) {
    const [first] = group
    if (first === undefined) continue
    const draft = log.segments.draft(first.baseOffset, first.createdMs)
    try {
      for (const segment of group) yield* copy(segment, draft, filter)
    } catch (error) {
      draft.bytes.delete()
      throw error
    }
    if (!log.segments.replace(group, draft)) return
  }
  log.compactedTo = (segments.at(-1)?.lastOffset ?? -1) + 1
}

/** @returns the segments of which all new keys are known */
function* collectKeys(
  log: PartitionLog,
  { segments }: CompactionPlan,
  around: { newest: NewestOffsets; isAborted: (header: BatchHeader) => boolean; keyBytesMax: number },
): Generator<void, readonly Segment[], void> {
  const { newest, isAborted, keyBytesMax } = around
  const columns = new RecordColumns()
  let dirtySegments = 0
  for (const [index, segment] of segments.entries()) {
    if (segment.lastOffset < log.compactedTo) continue
    if (dirtySegments++ > 0 && newest.usedBytes >= keyBytesMax) return segments.slice(0, index)
    for (const { batch, header } of stepwise(segment)) {
      if (batch === undefined) yield
      else if (!header.control && !(header.transactional && isAborted(header))) {
        columns.read(recordsOf(batch, header))
        newest.note(columns)
      }
    }
  }
  return segments
}

function* copy(segment: Segment, draft: Segment, filter: BatchFilter): Generator<void, void, void> {
  for (const { batch, header } of stepwise(segment)) {
    if (batch === undefined) yield
    else {
      const kept = filter.apply(batch, header, header.lastOffset === segment.lastOffset)
      if (kept !== undefined) draft.append(kept, { ...header, ...timesOf(kept) })
    }
  }
}

/** Every batch of a segment, and between them, now and then, that it is time for others. */
function* stepwise(
  segment: Segment,
): Generator<{ batch: Buffer; header: BatchHeader } | { batch: undefined; header: undefined }, void, void> {
  const cursor = new BatchCursor(segment.bytes, 0, stepBytes)
  let doneBytes = 0
  while (cursor.next()) {
    const batch = cursor.batch()
    const header = batchAt(batch, 0)
    if (header === undefined) return
    yield { batch, header }
    doneBytes += batch.length
    if (doneBytes < stepBytes) continue
    doneBytes = 0
    yield pause
  }
}

const pause = { batch: undefined, header: undefined } as const

/** The times of what is kept. */
function timesOf(kept: Buffer): { maxTimestampMs: number } {
  return { maxTimestampMs: batchAt(kept, 0)?.maxTimestampMs ?? -1 }
}

/** Segments that fit into one, in their order. */
function groupsOf(segments: readonly Segment[], maxBytes: number): Segment[][] {
  const groups: Segment[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    if (group !== undefined && bytes + segment.sizeBytes <= maxBytes) group.push(segment)
    else {
      groups.push([segment])
      bytes = 0
    }
    bytes += segment.sizeBytes
  }
  return groups
}

/** Whether a batch belongs to a transaction that was aborted, as the log knows it now. */
function abortedIn(log: PartitionLog): (header: BatchHeader) => boolean {
  const byProducer = Map.groupBy(log.aborted.all(), ({ producerId }) => producerId)
  return ({ producerId, baseOffset }) =>
    byProducer
      .get(producerId)
      ?.some(({ firstOffset, lastOffset }) => firstOffset <= baseOffset && baseOffset <= lastOffset) ?? false
}
