import { ownHeaders } from '../../base/headers.ts'
import type { RawRecord } from '../../process/environment.ts'

const nothing = Buffer.alloc(0)

/** An empty record, to be filled by a queue again and again. */
export function newRawRecord(): RawRecord {
  return {
    topic: '',
    partition: -1,
    offset: -1,
    timestampMs: 0,
    partitionTimeMs: -1,
    buffer: nothing,
    keyStart: 0,
    keyEnd: -1,
    valueStart: 0,
    valueEnd: -1,
    headers: undefined,
  }
}

/** A copy that outlives the batch it came in. */
export function ownRawRecord(raw: RawRecord): RawRecord {
  const key = raw.buffer.subarray(raw.keyStart, Math.max(raw.keyStart, raw.keyEnd))
  const value = raw.buffer.subarray(raw.valueStart, Math.max(raw.valueStart, raw.valueEnd))
  return {
    ...raw,
    buffer: Buffer.concat([key, value]),
    keyStart: 0,
    keyEnd: raw.keyEnd < 0 ? -1 : key.length,
    valueStart: key.length,
    valueEnd: raw.valueEnd < 0 ? -1 : key.length + value.length,
    headers: ownHeaders(raw.headers),
  }
}
