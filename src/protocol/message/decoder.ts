import { unreachable } from '../../base/assert.ts'
import { defaultOf, versionIn, type Field, type Fields, type Primitive, type WireType } from './fields.ts'
import type { MessageReader } from './message-reader.ts'

/** A message's layout in one version. */
export interface Layout {
  readonly version: number
  readonly flexible: boolean
}

export type Decode = (reader: MessageReader) => unknown

interface Step {
  readonly name: string
  readonly decode: Decode
}

interface TaggedStep extends Step {
  readonly tag: number
}

/** Compiles one structure for one version into a function that reads it. */
export function structDecoder(fields: Fields, layout: Layout): Decode {
  const steps: Step[] = []
  const tagged: TaggedStep[] = []
  for (const [name, field] of Object.entries(fields)) {
    const present = versionIn(layout.version, field.versions)
    if (present && field.tag === undefined) {
      steps.push({ name, decode: fieldDecoder(name, field, layout) })
      continue
    }
    const value = defaultOf(field)
    steps.push({ name, decode: () => value })
    if (present && field.tag !== undefined) {
      tagged.push({ name, tag: field.tag, decode: fieldDecoder(name, field, layout) })
    }
  }
  return (reader) => {
    const message: Record<string, unknown> = {}
    for (const step of steps) message[step.name] = step.decode(reader)
    if (layout.flexible) readTaggedFields(reader, tagged, message)
    return message
  }
}

function readTaggedFields(
  reader: MessageReader,
  tagged: readonly TaggedStep[],
  message: Record<string, unknown>,
): void {
  const count = reader.readUnsignedVarint()
  for (let i = 0; i < count; i++) {
    const tag = reader.readUnsignedVarint()
    const size = reader.readUnsignedVarint()
    const next = reader.take(size) + size
    const step = tagged.find((known) => known.tag === tag)
    if (step === undefined) continue
    const { end } = reader
    reader.at = next - size
    reader.end = next
    message[step.name] = step.decode(reader)
    if (reader.at !== next) throw reader.malformed(`tagged field "${step.name}" has bytes left`)
    reader.end = end
  }
}

function fieldDecoder(name: string, field: Field<unknown>, layout: Layout): Decode {
  const nullable = versionIn(layout.version, field.nullable)
  const decode = wireDecoder(field.wire, layout, nullable)
  if (nullable) return decode
  return (reader) => {
    const value = decode(reader)
    if (value === null) throw reader.malformed(`field "${name}" is null`)
    return value
  }
}

function wireDecoder(wire: WireType, layout: Layout, nullable: boolean): Decode {
  switch (wire.kind) {
    case 'primitive':
      return primitiveDecoder(wire.type, layout.flexible)
    case 'array':
      return arrayDecoder(wire.element, layout)
    case 'struct': {
      const decode = structDecoder(wire.fields, layout)
      return nullable ? (reader) => (reader.readInt8() < 0 ? null : decode(reader)) : decode
    }
    default:
      return unreachable(wire)
  }
}

function arrayDecoder(element: WireType, layout: Layout): Decode {
  const decode = wireDecoder(element, layout, false)
  const least = Math.max(1, leastBytes(element, layout))
  return (reader) => {
    const count = reader.readLength(layout.flexible, 4)
    if (count === undefined) return null
    if (count * least > reader.end - reader.at) throw reader.malformed(`${count} entries do not fit`)
    const entries: unknown[] = []
    for (let i = 0; i < count; i++) {
      const entry = decode(reader)
      if (entry === null) throw reader.malformed('an entry is null')
      entries.push(entry)
    }
    return entries
  }
}

function primitiveDecoder(type: Primitive, compact: boolean): Decode {
  switch (type) {
    case 'bool':
      return (reader) => reader.readInt8() !== 0
    case 'string':
      return (reader) => {
        const length = reader.readLength(compact, 2)
        return length === undefined ? null : reader.readText(length)
      }
    case 'bytes':
    case 'records':
      return (reader) => {
        const length = reader.readLength(compact, 4)
        return length === undefined ? null : reader.readView(length)
      }
    default:
      return fixedDecoders[type]
  }
}

type Fixed = Exclude<Primitive, 'bool' | 'string' | 'bytes' | 'records'>

const fixedDecoders: Readonly<Record<Fixed, Decode>> = {
  int8: (reader) => reader.readInt8(),
  int16: (reader) => reader.readInt16(),
  uint16: (reader) => reader.readUint16(),
  int32: (reader) => reader.readInt32(),
  uint32: (reader) => reader.readUint32(),
  int64: (reader) => reader.readInt64(),
  float64: (reader) => reader.readFloat64(),
  uuid: (reader) => reader.readUuid(),
}

const fixedBytes: Readonly<Record<Fixed | 'bool', number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

/** The least that one value takes, so that a count can be checked before its entries are read. */
function leastBytes(wire: WireType, layout: Layout): number {
  if (wire.kind === 'array') return layout.flexible ? 1 : 4
  if (wire.kind === 'struct') return leastStructBytes(wire.fields, layout)
  if (wire.type === 'string') return layout.flexible ? 1 : 2
  if (wire.type === 'bytes' || wire.type === 'records') return layout.flexible ? 1 : 4
  return fixedBytes[wire.type]
}

function leastStructBytes(fields: Fields, layout: Layout): number {
  let least = layout.flexible ? 1 : 0
  for (const field of Object.values(fields)) {
    if (field.tag !== undefined || !versionIn(layout.version, field.versions)) continue
    const nullableStruct = field.wire.kind === 'struct' && versionIn(layout.version, field.nullable)
    least += nullableStruct ? 1 : leastBytes(field.wire, layout)
  }
  return least
}
