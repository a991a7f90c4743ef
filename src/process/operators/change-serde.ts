import { StreamError } from '../../base/errors.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import type { Serde } from '../../serde/serde.ts'
import { Change } from '../processor.ts'

/** The last byte says what stands before it. The forms with `isLatest` have one more byte, 1 or 0, before the last. */
const form = { oldOnly: 0, newOnly: 1, both: 2, oldOnlyLatest: 3, newOnlyLatest: 4, bothLatest: 5 } as const

/**
 * Changes of a table in an internal topic, in Kafka Streams' bytes (`ChangedSerializer`): old value, new value, or the length of the new
 * one as a zigzag varint and both.
 */
export function changeSerde(values: Serde): Serde {
  return {
    encode: (change, writer) => encode(change as Change, values, writer),
    decode: (buffer, start, end, headers) => {
      const read = (from: number, to: number): unknown => values.decode(buffer, from, to, headers) ?? null
      const kind = buffer[end - 1]
      const bodyEnd = kind !== undefined && kind >= form.oldOnlyLatest ? end - 2 : end - 1
      switch (kind) {
        case form.oldOnly:
        case form.oldOnlyLatest:
          return new Change(read(start, bodyEnd), null)
        case form.newOnly:
        case form.newOnlyLatest:
          return new Change(null, read(start, bodyEnd))
        case form.both:
        case form.bothLatest: {
          const { value: length, end: newStart } = readVarint(buffer, start, bodyEnd)
          const newEnd = newStart + length
          if (length < 0 || newEnd > bodyEnd) throw malformed()
          return new Change(read(newEnd, bodyEnd), read(newStart, newEnd))
        }
        default:
          throw malformed()
      }
    },
  }
}

function encode({ oldValue, newValue }: Change, values: Serde, writer: ByteWriter): void {
  if (newValue !== null && oldValue !== null) {
    // The new value's length comes before it: it is written behind its room first.
    const at = writer.length
    values.encode(newValue, writer, undefined)
    const length = writer.length - at
    const prefixBytes = varintBytes(length)
    writer.reserve(prefixBytes)
    writer.buffer.copyWithin(at + prefixBytes, at, at + length)
    writeVarint(writer.buffer, at, length)
    values.encode(oldValue, writer, undefined)
    writer.writeInt8(form.both)
    return
  }
  values.encode(newValue ?? oldValue, writer, undefined)
  writer.writeInt8(newValue === null ? form.oldOnly : form.newOnly)
}

function varintBytes(length: number): number {
  let bytes = 1
  for (let rest = length * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

function writeVarint(buffer: Buffer, start: number, length: number): void {
  let at = start
  let rest = length * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[at++] = (rest % 0x80) | 0x80
  buffer[at] = rest
}

function readVarint(buffer: Buffer, start: number, end: number): { value: number; end: number } {
  let zigzag = 0
  for (let at = start, shift = 0; at < end && shift < 35; at++, shift += 7) {
    const byte = buffer[at] ?? 0
    zigzag += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { value: zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2, end: at + 1 }
  }
  throw malformed()
}

function malformed(): StreamError {
  return new StreamError('VALUE_MALFORMED', 'could not read a change of a table', {
    hint: 'Only Weft or Kafka Streams may write to an internal topic of this application.',
  })
}
