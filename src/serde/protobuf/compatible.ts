/** Whether messages of one schema can be read by another: field numbers are what counts, and the bytes behind them. */
import type { DescMessage } from '@bufbuild/protobuf'
import { StreamError } from '../../base/errors.ts'
import { fieldsOf, type Element, type ProtoField, type ScalarName } from './fields.ts'

/** Scalars that share their bytes; those that are named nowhere stand alone. */
const families: Readonly<Partial<Record<ScalarName, string>>> = {
  int32: 'varint',
  int64: 'varint',
  uint32: 'varint',
  uint64: 'varint',
  bool: 'varint',
  sint32: 'zigzag',
  sint64: 'zigzag',
  fixed32: 'fixed32',
  sfixed32: 'fixed32',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  string: 'text',
  bytes: 'text',
}

/** @throws StreamError `SCHEMA_INCOMPATIBLE`, which names the field */
export function checkReadable(writer: DescMessage, reader: DescMessage): void {
  check(writer, reader, '', new Set())
}

function check(writer: DescMessage, reader: DescMessage, path: string, done: Set<string>): void {
  const pair = `${writer.typeName} ${reader.typeName}`
  if (done.has(pair)) return
  done.add(pair)
  const written = new Map(fieldsOf(writer).map((field) => [field.number, field]))
  for (const field of fieldsOf(reader)) {
    const other = written.get(field.number)
    const place = `${path}${path === '' ? '' : '.'}${field.name}`
    if (other === undefined) {
      if (field.presence === 'required')
        throw incompatible(place, 'the field is required and was not written')
      continue
    }
    checkField(other, field, place, done)
  }
}

function checkField(written: ProtoField, read: ProtoField, place: string, done: Set<string>): void {
  const sameShape = (written.shape === 'map') === (read.shape === 'map')
  if (!sameShape || familyOf(written.element) !== familyOf(read.element))
    throw incompatible(place, `it was written as ${nameOf(written)} and is read as ${nameOf(read)}`)
  if (
    written.shape === 'map' &&
    read.shape === 'map' &&
    (families[written.key] ?? written.key) !== (families[read.key] ?? read.key)
  )
    throw incompatible(place, `its keys were written as ${written.key} and are read as ${read.key}`)
  if (written.element.kind === 'message' && read.element.kind === 'message')
    check(written.element.message, read.element.message, place, done)
}

function familyOf(element: Element): string {
  if (element.kind === 'message') return element.group ? 'group' : 'message'
  return element.kind === 'enum' ? 'varint' : (families[element.scalar] ?? element.scalar)
}

function nameOf({ shape, element }: ProtoField): string {
  const name =
    element.kind === 'scalar'
      ? element.scalar
      : element.kind === 'enum'
        ? `enum ${element.enum.typeName}`
        : `message ${element.message.typeName}`
  return shape === 'single' ? name : `${shape} of ${name}`
}

function incompatible(place: string, why: string): StreamError {
  return new StreamError('SCHEMA_INCOMPATIBLE', `a value at "${place}" cannot be read by its schema`, {
    detail: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
    hint: 'Keep the types of fields, and give new fields new numbers.',
  })
}
