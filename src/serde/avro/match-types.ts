/** Which schemas can read which: the rules of Avro's schema resolution. */
import { StreamError } from '../../base/errors.ts'
import type { Logical } from '../../data/types.ts'
import { isPromoted } from '../../registry/avro-promotions.ts'
import { describeAvro, logicalTypeOf, type AvroField, type AvroRecord, type AvroType } from './avro-type.ts'

/** Whether values of one type are read as the other, going by kinds, names and logical types; what is inside decides later. */
export function matches(writer: AvroType, reader: AvroType): boolean {
  const isReadable = isSameKind(writer, reader) || isPromoted(writer.kind, reader.kind)
  return isReadable && meansSame(logicalTypeOf(writer), logicalTypeOf(reader))
}

/** Under another scale or unit the same bytes are another value: 12.30 would be 0.1230. Where one side has none, they are plain. */
function meansSame(written: Logical | undefined, wanted: Logical | undefined): boolean {
  if (written === undefined || wanted === undefined) return true
  if (written.kind === 'decimal' && wanted.kind === 'decimal') return written.scale === wanted.scale
  return written.kind.replace('local-', '') === wanted.kind.replace('local-', '')
}

function isSameKind(writer: AvroType, reader: AvroType): boolean {
  if (writer.kind !== reader.kind) return false
  switch (writer.kind) {
    case 'record':
    case 'enum':
      return isSameName(writer, reader as typeof writer)
    case 'fixed':
      return (
        isSameName(writer, reader as typeof writer) &&
        writer.sizeBytes === (reader as typeof writer).sizeBytes
      )
    default:
      return true
  }
}

/** Names count without their namespace, and a reader's aliases too. */
function isSameName(
  writer: { readonly name: string },
  reader: { readonly name: string; readonly aliases: readonly string[] },
): boolean {
  const name = shortName(writer.name)
  return (
    name === shortName(reader.name) ||
    reader.aliases.some((alias) => alias === writer.name || shortName(alias) === name)
  )
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** The branch of a reader's union that takes what the writer wrote: one of the same kind, else one to promote to. */
export function branchFor(writer: AvroType, branches: readonly AvroType[]): AvroType | undefined {
  const exact = (branch: AvroType): boolean =>
    branch.kind === writer.kind && (!('name' in branch) || branch.name === (writer as { name: string }).name)
  return (
    branches.find(exact) ??
    branches.find((branch) => isSameKind(writer, branch)) ??
    branches.find((branch) => matches(writer, branch))
  )
}

/** The reader's field that takes a field of the writer. */
export function readerField(record: AvroRecord, written: AvroField): AvroField | undefined {
  return (
    record.fields.find(({ name }) => name === written.name) ??
    record.fields.find(({ aliases }) => aliases.includes(written.name))
  )
}

/** @param path - the place in the value, from the outside in */
export function incompatible(writer: AvroType, reader: AvroType, path: string): StreamError {
  return incompatibleBecause(
    `it was written as ${describeAvro(writer)} and is read as ${describeAvro(reader)}`,
    path,
  )
}

export function incompatibleBecause(why: string, path: string): StreamError {
  const place = path === '' ? '' : ` at "${path.replace(/^\./, '')}"`
  return new StreamError('SCHEMA_INCOMPATIBLE', `a value${place} cannot be read by its schema`, {
    detail: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
    hint: 'Give new fields defaults and keep the types of old ones, or name the old field in "aliases".',
  })
}
