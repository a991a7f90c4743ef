import type { ByteWriter } from '../base/byte-writer.ts'
import type { Buckets } from './buckets.ts'
import type { RestoreRecords, StoreEntries } from './contracts.ts'
import type { StreamTime } from './stream-time.ts'
import type { TimedCoding } from './timed-coding.ts'
import type { ValueCoding } from './value-coding.ts'

interface TimedParts {
  readonly coding: TimedCoding
  readonly values: ValueCoding
  readonly buckets: Buckets
  readonly time: StreamTime
}

/**
 * Change-log records of a store by key and time as its engine has them, without what has expired. Stream time goes with them.
 *
 * @param writer - keeps the bytes of what is given
 * @param each - told of each key
 */
export function restoredEntries(
  records: RestoreRecords,
  { coding, values, buckets, time }: TimedParts,
  writer: ByteWriter,
  each?: (logged: Buffer) => void,
): StoreEntries {
  writer.reset()
  const kept = []
  for (const { key, value, timestampMs } of records) {
    const first = coding.first(key)
    time.observe(first)
    if (coding.isNumbered) time.sequence = coding.second(key)
    if (first < buckets.liveFromMs) continue
    each?.(key)
    const start = writer.length
    coding.writeLogged(key, writer)
    const keyEnd = writer.length
    if (value !== null) {
      if (values.prefixBytes > 0) writer.writeInt64(timestampMs)
      writer.writeBytes(value)
    }
    kept.push({ start, keyEnd, end: writer.length, deleted: value === null })
  }
  return kept.map(({ start, keyEnd, end, deleted }) => ({
    key: writer.buffer.subarray(start, keyEnd),
    value: deleted ? null : writer.buffer.subarray(keyEnd, end),
  }))
}
