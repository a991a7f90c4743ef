/** Avro schemas as types of the definition language and as columns of SQL. */
import type { Column, DataType, Field, Logical, PrimitiveKind } from '../../data/types.ts'
import { logicalTypeOf, meaningOf, type AvroType } from './avro-type.ts'
import { singleBranch } from './cells.ts'

/**
 * What functions see. Dates and times are whole numbers, decimals and UUIDs text.
 *
 * A record within itself has no end: where it comes again, it is a struct of that name without fields.
 */
export function typeOfAvro(type: AvroType, within: readonly string[] = []): DataType {
  switch (type.kind) {
    case 'record': {
      if (within.includes(type.name)) return { kind: 'struct', name: type.name }
      const inside = [...within, type.name]
      const fields = type.fields.map((field): Field => ({
        name: field.name,
        type: typeOfAvro(field.type, inside),
        required: field.fallback === undefined,
      }))
      return { kind: 'struct', name: type.name, fields }
    }
    case 'enum':
      return { kind: 'enum', symbols: type.symbols }
    case 'array':
      return { kind: 'list', of: typeOfAvro(type.items, within) }
    case 'map':
      return { kind: 'map', of: typeOfAvro(type.values, within) }
    case 'union': {
      const single = singleBranch(type)
      return single.kind === 'union'
        ? { kind: 'union', of: single.branches.map((branch) => typeOfAvro(branch, within)) }
        : typeOfAvro(single, within)
    }
    case 'bytes':
    case 'fixed':
      return typeOfBytes(type.logical)
    default:
      return withLogical(type.kind, type.logical)
  }
}

function typeOfBytes(logical: Logical | undefined): DataType {
  if (logical === undefined) return { kind: 'bytes' }
  if (logical.kind !== 'duration') return withLogical('string', logical)
  const part = (name: string): Field => ({ name, type: { kind: 'long' }, required: true })
  return { kind: 'struct', name: 'duration', fields: ['months', 'days', 'milliseconds'].map(part) }
}

function withLogical(kind: PrimitiveKind, logical: Logical | undefined): DataType {
  return logical === undefined ? { kind } : { kind, logical }
}

/** The columns of a record's values; undefined where the schema is no record. */
export function columnsOfAvro(type: AvroType): readonly Column[] | undefined {
  return type.kind === 'record'
    ? type.fields.map((field) => ({ name: field.name, type: columnType(field.type) }))
    : undefined
}

function columnType(type: AvroType): DataType {
  const single = singleBranch(type)
  const logical = logicalTypeOf(single)
  if (logical?.kind === 'decimal') return logical
  const meaning = meaningOf(single)
  switch (meaning) {
    case undefined:
      return single.kind === 'enum' ? { kind: 'string' } : typeOfAvro(single)
    case 'uuid':
    case 'date':
      return { kind: meaning }
    case 'time-millis':
    case 'time-micros':
      return { kind: 'time' }
    case 'duration':
      return { kind: 'interval' }
    case 'big-decimal':
      return { kind: 'double' }
    default:
      return { kind: 'timestamp' }
  }
}
