import type { ByteWriter } from '../base/byte-writer.ts'
import type { ChangeLogSink, StoreBatch } from './contracts.ts'
import type { Keying } from './keying.ts'
import type { Slot } from './slot.ts'
import type { ValueCoding } from './value-coding.ts'

type Entries = StoreBatch['entries']

/** What turns slots into bytes: one a store. */
export interface Coding {
  readonly keys: Keying
  readonly values: ValueCoding
}

/** A generation between its seal and the end of its transaction: its slots, and their bytes as they will stand in the engine. */
export interface SealedGeneration {
  readonly number: number
  readonly slots: readonly Slot[]
  readonly entries: Entries
  /** Owns the bytes of `entries`. */
  readonly writer: ByteWriter
}

/** Encodes every slot once, all into one buffer. Nothing has changed when a value does not fit its format and this throws. */
export function encodeSlots(slots: readonly Slot[], coding: Coding, writer: ByteWriter): Entries {
  writer.reset()
  const ends = new Float64Array(slots.length * 2)
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] as Slot
    coding.keys.write(slot.identity, writer)
    ends[index * 2] = writer.length
    if (slot.value !== null) coding.values.write(slot.value, slot.timestampMs ?? 0, writer)
    ends[index * 2 + 1] = writer.length
  }
  let start = 0
  return slots.map((slot, index) => {
    const keyEnd = ends[index * 2] as number
    const valueEnd = ends[index * 2 + 1] as number
    const key = writer.buffer.subarray(start, keyEnd)
    start = valueEnd
    return { key, value: slot.value === null ? null : writer.buffer.subarray(keyEnd, valueEnd) }
  })
}

/** Sends sealed entries to the change log: plain values, with their time as the record's. */
export function logEntries(
  entries: Entries,
  slots: readonly Slot[],
  to: { readonly sink: ChangeLogSink; readonly store: string; readonly prefixBytes: number },
): void {
  for (let index = 0; index < entries.length; index++) {
    const { key, value } = entries[index] as Entries[number]
    const plain = value === null ? null : value.subarray(to.prefixBytes)
    to.sink.append(to.store, key, plain, (slots[index] as Slot).timestampMs ?? 0)
  }
}
