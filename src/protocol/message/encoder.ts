import { assert, unreachable } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import { unsignedVarintSize, writeUnsignedVarint } from '../varint.ts'
import type { Layout } from './decoder.ts'
import { defaultOf, versionIn, type Field, type Fields, type Primitive, type WireType } from './fields.ts'

export type Encode = (value: unknown, writer: ByteWriter) => void

type Message = Readonly<Record<string, unknown>>
type Step = (message: Message, writer: ByteWriter) => void

interface TaggedStep {
  readonly tag: number
  readonly name: string
  readonly fallback: unknown
  readonly encode: Encode
}

/** Compiles one structure for one version into a function that writes it. */
export function structEncoder(fields: Fields, layout: Layout, path: string): Encode {
  const steps: Step[] = []
  const tagged: TaggedStep[] = []
  for (const [name, field] of Object.entries(fields)) {
    const place = `${path}.${name}`
    if (!versionIn(layout.version, field.versions)) {
      if (field.ignorable !== true) steps.push(refuseUnlessDefault(name, field, place, layout.version))
    } else if (field.tag === undefined) {
      steps.push(fieldStep(name, field, layout, place))
    } else {
      const encode = fieldEncoder(field, layout, place)
      tagged.push({ tag: field.tag, name, fallback: defaultOf(field), encode })
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  return (value, writer) => {
    const message = value as Message
    for (const step of steps) step(message, writer)
    if (layout.flexible) writeTaggedFields(message, tagged, writer)
  }
}

function fieldStep(name: string, field: Field<unknown>, layout: Layout, place: string): Step {
  const fallback = defaultOf(field)
  const encode = fieldEncoder(field, layout, place)
  return (message, writer) => {
    const value = message[name]
    encode(value === undefined ? fallback : value, writer)
  }
}

function refuseUnlessDefault(name: string, field: Field<unknown>, place: string, version: number): Step {
  const fallback = defaultOf(field)
  return (message) => {
    const value = message[name]
    if (value !== undefined && !equals(value, fallback)) {
      throw new StreamError('API_NOT_SUPPORTED', `version ${version} has no field "${place}"`)
    }
  }
}

function writeTaggedFields(message: Message, tagged: readonly TaggedStep[], writer: ByteWriter): void {
  const present = tagged.filter(
    ({ name, fallback }) => message[name] !== undefined && !equals(message[name], fallback),
  )
  writeUnsignedVarint(writer, present.length)
  for (const { tag, name, encode } of present) {
    const body = new ByteWriter(64)
    encode(message[name], body)
    writeUnsignedVarint(writer, tag)
    writeUnsignedVarint(writer, body.length)
    writer.writeBytes(body.buffer, 0, body.length)
  }
}

/** Whether a value is what its field would be if left out; a structure's missing fields count as their defaults. */
function equals(value: unknown, fallback: unknown): boolean {
  if (value === fallback) return true
  if (value === null || fallback === null) return false
  if (Buffer.isBuffer(value)) return Buffer.isBuffer(fallback) && value.equals(fallback)
  if (Array.isArray(value)) return Array.isArray(fallback) && value.length === 0 && fallback.length === 0
  if (typeof value !== 'object' || typeof fallback !== 'object') return false
  const defaults = fallback as Message
  return Object.entries(value).every(([name, inner]) => inner === undefined || equals(inner, defaults[name]))
}

function fieldEncoder(field: Field<unknown>, layout: Layout, place: string): Encode {
  const nullable = versionIn(layout.version, field.nullable)
  const encode = wireEncoder(field.wire, layout, place)
  if (field.wire.kind === 'struct' && nullable) {
    return (value, writer) => {
      writer.writeInt8(value === null ? 255 : 1)
      if (value !== null) encode(value, writer)
    }
  }
  if (nullable) return encode
  return (value, writer) => {
    if (value === null) {
      throw new StreamError('API_NOT_SUPPORTED', `version ${layout.version} cannot have null in "${place}"`)
    }
    encode(value, writer)
  }
}

function wireEncoder(wire: WireType, layout: Layout, place: string): Encode {
  switch (wire.kind) {
    case 'primitive':
      return primitiveEncoder(wire.type, layout.flexible)
    case 'array':
      return arrayEncoder(wireEncoder(wire.element, layout, place), layout.flexible)
    case 'struct':
      return structEncoder(wire.fields, layout, place)
    default:
      return unreachable(wire)
  }
}

function arrayEncoder(encode: Encode, compact: boolean): Encode {
  return (value, writer) => {
    const entries = value as readonly unknown[] | null
    writeLength(writer, compact, entries === null ? -1 : entries.length)
    if (entries !== null) for (const entry of entries) encode(entry, writer)
  }
}

function writeLength(writer: ByteWriter, compact: boolean, length: number): void {
  if (compact) writeUnsignedVarint(writer, length + 1)
  else writer.writeInt32(length)
}

function primitiveEncoder(type: Primitive, compact: boolean): Encode {
  switch (type) {
    case 'string':
      return compact ? writeCompactString : writeString
    case 'bytes':
    case 'records':
      return (value, writer) => {
        const content = value as Buffer | null
        writeLength(writer, compact, content === null ? -1 : content.length)
        if (content !== null) writer.writeBytes(content)
      }
    default:
      return fixedEncoders[type]
  }
}

function writeString(value: unknown, writer: ByteWriter): void {
  if (value === null) return writer.writeInt16(-1)
  const text = value as string
  const at = writer.reserve(2)
  writer.writeUtf8(text)
  const length = writer.length - at - 2
  assert(length <= 32_767, `a string of ${length} bytes is longer than the protocol allows`)
  writer.buffer.writeInt16BE(length, at)
}

function writeCompactString(value: unknown, writer: ByteWriter): void {
  if (value === null) return writeUnsignedVarint(writer, 0)
  const text = value as string
  // A short text's length takes one byte whatever its content, so that it need not be measured first.
  const length = text.length * 3 < 127 ? undefined : Buffer.byteLength(text)
  const size = length === undefined ? 1 : unsignedVarintSize(length + 1)
  const at = writer.length
  if (length === undefined) writer.reserve(size)
  else writeUnsignedVarint(writer, length + 1)
  writer.writeUtf8(text)
  if (length === undefined) writer.buffer[at] = writer.length - at
}

type Fixed = Exclude<Primitive, 'string' | 'bytes' | 'records'>

const fixedEncoders: Readonly<Record<Fixed, Encode>> = {
  bool: (value, writer) => writer.writeInt8(value === true ? 1 : 0),
  int8: (value, writer) => writer.writeInt8(value as number),
  int16: (value, writer) => writer.writeInt16(value as number),
  uint16: (value, writer) => {
    const at = writer.reserve(2)
    writer.buffer.writeUInt16BE(value as number, at)
  },
  int32: (value, writer) => writer.writeInt32(value as number),
  uint32: (value, writer) => {
    const at = writer.reserve(4)
    writer.buffer.writeUInt32BE(value as number, at)
  },
  int64: (value, writer) => writeInt64(value as number, writer),
  float64: (value, writer) => writer.writeFloat64(value as number),
  uuid: (value, writer) => {
    const at = writer.reserve(16)
    const written = writer.buffer.write(value as string, at, 16, 'hex')
    assert(written === 16, 'a uuid is 32 hex digits')
  },
}

function writeInt64(value: number, writer: ByteWriter): void {
  if (Number.isSafeInteger(value)) return writer.writeInt64(value)
  assert(Math.abs(value) === 2 ** 63, `${value} is not a safe whole number`)
  writer.writeInt32(value > 0 ? 0x7f_ff_ff_ff : -0x80_00_00_00)
  writer.writeInt32(value > 0 ? -1 : 0)
}
