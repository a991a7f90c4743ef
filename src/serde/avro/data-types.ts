/** Avro schemas as types of the definition language and as columns of SQL, and columns as a schema. */
import type { Column, DataType, Field } from '../../data/types.ts'
import type { AvroType, Logical } from './avro-type.ts'
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
    case 'int':
    case 'long':
      return type.logical === undefined
        ? { kind: type.kind }
        : { kind: type.kind, logical: type.logical.kind }
    default:
      return { kind: type.kind }
  }
}

function typeOfBytes(logical: Logical | undefined): DataType {
  if (logical === undefined) return { kind: 'bytes' }
  if (logical.kind !== 'duration') return { kind: 'string' }
  const part = (name: string): Field => ({ name, type: { kind: 'long' }, required: true })
  return { kind: 'struct', name: 'duration', fields: ['months', 'days', 'milliseconds'].map(part) }
}

/** The columns of a record's values; undefined where the schema is no record. */
export function columnsOfAvro(type: AvroType): readonly Column[] | undefined {
  return type.kind === 'record'
    ? type.fields.map((field) => ({ name: field.name, type: columnType(field.type) }))
    : undefined
}

function columnType(type: AvroType): DataType {
  const single = singleBranch(type)
  const logical = 'logical' in single ? single.logical : undefined
  switch (logical?.kind) {
    case undefined:
      return single.kind === 'enum' ? { kind: 'string' } : typeOfAvro(single)
    case 'decimal':
      return logical
    case 'uuid':
    case 'date':
      return { kind: logical.kind }
    case 'time-millis':
    case 'time-micros':
      return { kind: 'time' }
    case 'duration':
      return { kind: 'interval' }
    default:
      return { kind: 'timestamp' }
  }
}

/** The schema of a query's result: a record with a field for each column, all of which may be null. */
export function avroSchemaOfColumns(columns: readonly Column[], name = 'Value'): string {
  const fields = columns.map((column) => ({
    name: column.name,
    type: ['null', schemaOf(column.type, column.name)],
    default: null,
  }))
  return JSON.stringify({ type: 'record', name, fields })
}

/** What is not known throughout is text: JSON's. */
function schemaOf(type: DataType, name: string): unknown {
  if (!isKnown(type)) return 'string'
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'bytes':
    case 'string':
      return type.kind
    case 'byte':
    case 'short':
      return 'int'
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros' }
    case 'uuid':
      return { type: 'string', logicalType: 'uuid' }
    case 'decimal':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale }
    case 'interval':
      return { type: 'fixed', name: `${name}_duration`, size: 12, logicalType: 'duration' }
    case 'list':
      return { type: 'array', items: ['null', schemaInside(type.of, name)] }
    case 'map':
      return { type: 'map', values: ['null', schemaInside(type.of, name)] }
    case 'struct':
      return nestedRecord(type.fields ?? [], name)
    default:
      return 'string'
  }
}

/** Of what is inside another value: it stays in the units of the schema that it came from, where cells are in SQL's. */
function schemaInside(type: DataType, name: string): unknown {
  return 'logical' in type ? { type: type.kind, logicalType: type.logical } : schemaOf(type, name)
}

function nestedRecord(fields: readonly Field[], name: string): unknown {
  return {
    type: 'record',
    name: `${name}_record`,
    fields: fields.map((field) => ({
      name: field.name,
      type: ['null', schemaInside(field.type, `${name}_${field.name}`)],
      default: null,
    })),
  }
}

function isKnown(type: DataType): boolean {
  switch (type.kind) {
    case 'list':
    case 'map':
      return type.of.kind !== 'any' && isKnown(type.of)
    case 'struct':
      return type.fields?.every((field) => field.type.kind !== 'any' && isKnown(field.type)) === true
    default:
      return true
  }
}
