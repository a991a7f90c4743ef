/**
 * What a store's values look like as bytes. A timestamped store puts eight bytes before the value, the timestamp big-endian, as Kafka
 * Streams does; its change log has the plain value and the timestamp in the record.
 */
import type { ByteWriter } from '../base/byte-writer.ts'
import { detach } from '../data/lazy.ts'
import { SlicedRow } from '../data/row.ts'
import type { Column } from '../data/types.ts'
import type { Serde } from '../serde/serde.ts'
import type { RestoredRecord, RestoreRecords, StoreEntries } from './contracts.ts'
import { ownReader, type ReadValue } from './damaged.ts'
import { LoggedRecords } from './logged-records.ts'

export interface ValueCoding {
  /** Bytes before the plain value. */
  readonly prefixBytes: number
  /** Appends prefix and value. */
  write(value: unknown, timestampMs: number, writer: ByteWriter): void
  /** A value that may be kept. `bytes` has the prefix. */
  read(bytes: Buffer): unknown
  /** As {@link ValueCoding.read}, of bytes that stay as they are for as long as the value is used. `start` is where the prefix is. */
  readAt(bytes: Buffer, start: number, end: number): unknown
  /** Undefined where the store keeps no timestamps. */
  timestampMs(bytes: Buffer): number | undefined
}

interface ValueCodingOptions {
  readonly serde: Serde
  readonly timestamped: boolean
  /** Values are read back as rows of these columns. */
  readonly columns: readonly Column[] | undefined
  /** The store that has written the values; undefined where others have, as in a table's own topic. */
  readonly writtenBy: string | undefined
}

export function valueCoding({ serde, timestamped, columns, writtenBy }: ValueCodingOptions): ValueCoding {
  const prefixBytes = timestamped ? timestampBytes : 0
  const read = valueReader(serde, columns)
  const readValue = writtenBy === undefined ? read : ownReader(read, writtenBy)
  return {
    prefixBytes,
    write: (value, timestampMs, writer) => {
      if (timestamped) writer.writeInt64(timestampMs)
      serde.encode(value, writer, undefined)
    },
    read: (bytes) => detach(readValue(bytes, prefixBytes, bytes.length)),
    readAt: (bytes, start, end) => readValue(bytes, start + prefixBytes, end),
    timestampMs: (bytes) => (timestamped ? readTimestamp(bytes) : undefined),
  }
}

const timestampBytes = 8

/** The timestamp before a value. */
export function readTimestamp(bytes: Buffer, start = 0): number {
  return bytes.readInt32BE(start) * 4_294_967_296 + bytes.readUInt32BE(start + 4)
}

/** Stands for a version without a value among values. */
export const tombstone: unique symbol = Symbol('tombstone')

/** Values that may be {@link tombstone}: a byte that says so before each. */
export function versionCoding(values: ValueCoding): ValueCoding {
  return {
    prefixBytes: 0,
    write: (value, timestampMs, writer) => {
      writer.writeInt8(value === tombstone ? 0 : 1)
      if (value !== tombstone) values.write(value, timestampMs, writer)
    },
    read: (bytes) => (bytes[0] === 0 ? tombstone : values.read(bytes.subarray(1))),
    readAt: (bytes, start, end) => (bytes[start] === 0 ? tombstone : values.readAt(bytes, start + 1, end)),
    timestampMs: () => undefined,
  }
}

function valueReader(serde: Serde, columns: readonly Column[] | undefined): ReadValue {
  const reader = columns === undefined ? undefined : serde.project?.(columns)
  if (reader === undefined) {
    return (buffer, start, end) => serde.decode(buffer, start, end, undefined)
  }
  const row = new SlicedRow(reader.shape)
  return (buffer, start, end) => {
    reader.read(buffer, start, end, row)
    return row.detach()
  }
}

/** Change-log records as an engine keeps them. @param timestamped - whether each record's time goes before its value */
export function storedRecords(
  records: RestoreRecords,
  timestamped: boolean,
  writer: ByteWriter,
): StoreEntries {
  if (records instanceof LoggedRecords) return records.entries(timestamped)
  return timestamped ? withTimestamps([...records], writer) : [...records]
}

function withTimestamps(entries: readonly RestoredRecord[], writer: ByteWriter): StoreEntries {
  writer.reset()
  for (const { value, timestampMs } of entries) {
    if (value === null) continue
    writer.writeInt64(timestampMs)
    writer.writeBytes(value)
  }
  let end = 0
  return entries.map(({ key, value }) => {
    if (value === null) return { key, value: null }
    const start = end
    end += timestampBytes + value.length
    return { key, value: writer.buffer.subarray(start, end) }
  })
}
