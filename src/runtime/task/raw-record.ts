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
