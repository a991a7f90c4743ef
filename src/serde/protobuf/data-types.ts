/** Messages as types of the definition language and as columns of SQL, and columns as a message. */
import type { DescMessage } from '@bufbuild/protobuf'
import type { Column, DataType, Field } from '../../data/types.ts'
import { fieldsOf, type Element, type ProtoField, type ScalarName } from './fields.ts'

const scalarTypes: Readonly<Record<ScalarName, DataType>> = {
  double: { kind: 'double' },
  float: { kind: 'float' },
  int64: { kind: 'long' },
  uint64: { kind: 'long' },
  int32: { kind: 'int' },
  fixed64: { kind: 'long' },
  fixed32: { kind: 'long' },
  bool: { kind: 'boolean' },
  string: { kind: 'string' },
  bytes: { kind: 'bytes' },
  uint32: { kind: 'long' },
  sfixed32: { kind: 'int' },
  sfixed64: { kind: 'long' },
  sint32: { kind: 'int' },
  sint64: { kind: 'long' },
}

/** What functions see. A message within itself has no end: where it comes again, it is a struct of that name without fields. */
export function typeOfMessage(message: DescMessage, within: readonly string[] = []): DataType {
  const name = message.typeName
  if (within.includes(name)) return { kind: 'struct', name }
  const inside = [...within, name]
  const fields = fieldsOf(message).map((field): Field => ({
    name: field.name,
    type: typeOfField(field, inside),
    required: field.presence === 'required',
  }))
  return { kind: 'struct', name, fields }
}

function typeOfField(field: ProtoField, within: readonly string[]): DataType {
  const type = typeOfElement(field.element, within)
  switch (field.shape) {
    case 'single':
      return type
    case 'list':
      return { kind: 'list', of: type }
    case 'map':
      return { kind: 'map', of: type }
  }
}

function typeOfElement(element: Element, within: readonly string[]): DataType {
  switch (element.kind) {
    case 'scalar':
      return scalarTypes[element.scalar]
    case 'enum':
      return { kind: 'enum', symbols: element.enum.values.map(({ name }) => name) }
    case 'message':
      return typeOfMessage(element.message, within)
  }
}

export function columnsOfMessage(message: DescMessage): readonly Column[] {
  return fieldsOf(message).map((field) => ({ name: field.name, type: columnType(field) }))
}

function columnType(field: ProtoField): DataType {
  const known = field.shape === 'single' ? cellOf(field.element) : undefined
  if (known !== undefined) return known.type
  const type = typeOfField(field, [])
  return type.kind === 'enum' ? { kind: 'string' } : type
}

export interface MessageCell {
  readonly type: DataType
  readonly toCell: (value: unknown) => unknown
  readonly fromCell: (cell: unknown) => unknown
}

interface Moment {
  readonly seconds: number | bigint
  readonly nanos: number
}

/** Well-known messages that SQL has a type for. */
export function cellOf(element: Element): MessageCell | undefined {
  if (element.kind !== 'message') return undefined
  const { typeName } = element.message
  if (typeName === 'google.protobuf.Timestamp') return timestampCell
  if (typeName === 'google.protobuf.Duration') return durationCell
  const [field] = fieldsOf(element.message)
  if (!/^google\.protobuf\.\w+Value$/.test(typeName) || field?.element.kind !== 'scalar') return undefined
  return {
    type: scalarTypes[field.element.scalar],
    toCell: (value) => (value as { readonly value: unknown }).value,
    fromCell: (value) => ({ value }),
  }
}

const timestampCell: MessageCell = {
  type: { kind: 'timestamp' },
  toCell: (value) => microsOf(value as Moment),
  fromCell: (cell) => (typeof cell === 'number' ? momentOf(cell) : cell),
}

const durationCell: MessageCell = {
  type: { kind: 'interval' },
  toCell: (value) => ({ months: 0, days: 0, micros: microsOf(value as Moment) }),
  fromCell: (cell) => momentOf((cell as { readonly micros: number }).micros),
}

function microsOf({ seconds, nanos }: Moment): number {
  return Number(seconds) * 1_000_000 + Math.floor(nanos / 1000)
}

function momentOf(micros: number): Moment {
  const seconds = Math.floor(micros / 1_000_000)
  return { seconds, nanos: (micros - seconds * 1_000_000) * 1000 }
}
