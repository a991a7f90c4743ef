import { StreamError } from '../../base/errors.ts'
import { batchAt, verifyBatch, type BatchHeader } from '../../protocol/record-batch-reader.ts'
import { BatchCursor } from './batch-cursor.ts'
import type { LogStorage, StoredSegment } from './segment-bytes.ts'
import { Segment } from './segment.ts'

const windowBytes = 1_048_576

/** Told of every batch that was found, in the order of the log. */
export type BatchVisitor = (batch: Buffer, header: BatchHeader) => void

export interface RecoveredSegments {
  readonly segments: Segment[]
  /** Bytes at the end that were no whole batch: what a killed process was writing. */
  readonly cutBytes: number
}

/**
 * Reads what is stored, checks it, and builds the indices anew.
 *
 * A process that is killed leaves at most one batch half written, the last of the last segment: it was never acknowledged, and is
 * cut. It may also have died while compaction put one segment in the place of several: what is left of the old ones lies
 * at or before the end of the new one, and is deleted.
 *
 * @throws StreamError `DATA_FOLDER_CORRUPT` where a segment is damaged that others follow: no crash of this process does that
 */
export function recoverSegments(storage: LogStorage, nowMs: number, visit: BatchVisitor): RecoveredSegments {
  const stored = storage.stored()
  const segments: Segment[] = []
  let endOffset = 0
  let cutBytes = 0
  for (const [index, candidate] of stored.entries()) {
    if (candidate.baseOffset < endOffset) {
      candidate.bytes.delete()
      continue
    }
    const segment = new Segment(candidate.baseOffset, candidate.bytes, nowMs)
    const goodBytes = readSegment(segment, visit)
    const badBytes = segment.sizeBytes - goodBytes
    if (badBytes > 0 && index < stored.length - 1) throw corrupt(candidate, goodBytes)
    if (badBytes > 0) segment.bytes.truncate(goodBytes)
    cutBytes += badBytes
    endOffset = segment.lastOffset + 1
    segments.push(segment)
  }
  for (const segment of segments.slice(0, -1)) segment.bytes.close()
  return { segments, cutBytes }
}

/** @returns how many bytes from the start on are batches as they should be */
function readSegment(segment: Segment, visit: BatchVisitor): number {
  const cursor = new BatchCursor(segment.bytes, 0, windowBytes)
  let goodBytes = 0
  while (cursor.next()) {
    const batch = cursor.batch()
    const header = tryHeader(batch)
    if (header === undefined || cursor.baseOffset <= segment.lastOffset) break
    segment.note(header, cursor.position)
    visit(batch, header)
    goodBytes = cursor.endPosition
  }
  return goodBytes
}

function tryHeader(batch: Buffer): BatchHeader | undefined {
  try {
    const header = batchAt(batch, 0)
    if (header !== undefined) verifyBatch(batch, header)
    return header
  } catch (error) {
    if (error instanceof StreamError && error.code === 'BATCH_CORRUPT') return undefined
    throw error
  }
}

function corrupt({ name }: StoredSegment, position: number): StreamError {
  return new StreamError('DATA_FOLDER_CORRUPT', `"${name}" is damaged at byte ${position}`, {
    detail: 'Segments follow it, so a broker that was killed did not leave it so.',
    hint: `Restore the folder from a copy; or, to keep what lies before, cut the file to ${position} bytes and delete those that follow it.`,
  })
}
