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
      if (!locate(buffer, start, end)) throw malformed()
      const { newStart, newEnd, oldStart, oldEnd } = located
      const oldValue = oldStart < 0 ? null : (values.decode(buffer, oldStart, oldEnd, headers) ?? null)
      return new Change(
        oldValue,
        newStart < 0 ? null : (values.decode(buffer, newStart, newEnd, headers) ?? null),
      )
    },
    ...(values.missing && { missing: missingOf(values) }),
  }
}

/** The schema that either value needs. What is no change has none to wait for: decoding says what is wrong with it. */
function missingOf(values: Serde): NonNullable<Serde['missing']> {
  return (buffer, start, end, headers) => {
    if (!locate(buffer, start, end)) return undefined
    const { newStart, newEnd, oldStart, oldEnd } = located
    return (
      (oldStart < 0 ? undefined : values.missing?.(buffer, oldStart, oldEnd, headers)) ??
      (newStart < 0 ? undefined : values.missing?.(buffer, newStart, newEnd, headers))
    )
  }
}

/** Where the values of the change that was looked at last stand; −1: it has none. */
const located = { newStart: -1, newEnd: -1, oldStart: -1, oldEnd: -1 }

/** Gives false for what is no change. */
function locate(buffer: Buffer, start: number, end: number): boolean {
  const kind = end > start ? (buffer[end - 1] as number) : -1
  const bodyEnd = kind >= form.oldOnlyLatest ? end - 2 : end - 1
  if (bodyEnd < start) return false
  located.newStart = located.oldStart = -1
  located.newEnd = located.oldEnd = bodyEnd
  switch (kind) {
    case form.oldOnly:
    case form.oldOnlyLatest:
      located.oldStart = start
      return true
    case form.newOnly:
    case form.newOnlyLatest:
      located.newStart = start
      return true
    case form.both:
    case form.bothLatest:
      return locateBoth(buffer, start, bodyEnd)
    default:
      return false
  }
}

function locateBoth(buffer: Buffer, start: number, end: number): boolean {
  const newStart = varintEnd(buffer, start, end)
  const length = varintBefore(buffer, start, newStart)
  if (length < 0 || newStart + length > end) return false
  located.newStart = newStart
  located.newEnd = located.oldStart = newStart + length
  return true
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

const varintBytesMax = 5

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

/** Where the varint ends that begins at `start`; at `end` for what is none. */
function varintEnd(buffer: Buffer, start: number, end: number): number {
  let at = start
  while (at < end - 1 && (buffer[at] as number) >= 0x80) at++
  return Math.min(at + 1, end)
}

/** The varint in these bytes; −1 for one that is negative, too long or none. */
function varintBefore(buffer: Buffer, start: number, end: number): number {
  if (end === start || end - start > varintBytesMax || (buffer[end - 1] as number) >= 0x80) return -1
  let zigzag = 0
  for (let at = start; at < end; at++) zigzag += ((buffer[at] as number) & 0x7f) * 2 ** (7 * (at - start))
  return zigzag % 2 === 0 ? zigzag / 2 : -1
}

function malformed(): StreamError {
  return new StreamError('VALUE_MALFORMED', 'could not read a change of a table', {
    hint: 'Only Weft or Kafka Streams may write to an internal topic of this application.',
  })
}
