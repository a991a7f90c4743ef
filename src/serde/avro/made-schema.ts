/** An Avro schema made of columns: what a query's result is written with where nobody declared a schema. */
import type { Column, DataType, Field, Logical } from '../../data/types.ts'

/** A record with a field for each column, all of which may be null. */
export function avroSchemaOfColumns(columns: readonly Column[], name = 'Value'): string {
  const maker = new SchemaMaker(name)
  return JSON.stringify({ type: 'record', name, fields: columns.map((column) => maker.field(column)) })
}

class SchemaMaker {
  /** Names of records and fixed types: a schema defines each once. */
  readonly #names: Set<string>

  constructor(rootName: string) {
    this.#names = new Set([rootName])
  }

  field({ name, type }: Column): object {
    return optional(name, this.#schema(type, name))
  }

  /** What is not known throughout is text: JSON's. */
  #schema(type: DataType, path: string): unknown {
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
        return decimalSchema(type)
      case 'interval':
        return { type: 'fixed', name: this.#name(`${path}_duration`), size: 12, logicalType: 'duration' }
      case 'list':
        return { type: 'array', items: ['null', this.#inside(type.of, path)] }
      case 'map':
        return { type: 'map', values: ['null', this.#inside(type.of, path)] }
      case 'struct':
        return this.#record(type.fields ?? [], path)
      default:
        return 'string'
    }
  }

  /** Of what is inside another value: it stays in the units of the schema that it came from, where cells are in SQL's. */
  #inside(type: DataType, path: string): unknown {
    return 'logical' in type && type.logical !== undefined
      ? logicalSchema(type.kind, type.logical)
      : this.#schema(type, path)
  }

  #record(fields: readonly Field[], path: string): unknown {
    return {
      type: 'record',
      name: this.#name(`${path}_record`),
      fields: fields.map(({ name, type }) => optional(name, this.#inside(type, `${path}_${name}`))),
    }
  }

  #name(wanted: string): string {
    let name = wanted
    for (let count = 2; this.#names.has(name); count++) name = `${wanted}_${count}`
    this.#names.add(name)
    return name
  }
}

function optional(name: string, schema: unknown): object {
  return { name, type: ['null', schema], default: null }
}

/** Decimals are text in values, and bytes in Avro. */
function logicalSchema(kind: string, logical: Logical): unknown {
  if (logical.kind === 'decimal') return decimalSchema(logical)
  return { type: logical.kind === 'big-decimal' ? 'bytes' : kind, logicalType: logical.kind }
}

function decimalSchema({ precision, scale }: { readonly precision: number; readonly scale: number }): object {
  return { type: 'bytes', logicalType: 'decimal', precision, scale }
}

function isKnown(type: DataType): boolean {
  switch (type.kind) {
    case 'list':
    case 'map':
      return isKnownInside(type.of)
    case 'struct':
      return type.fields?.every((field) => isKnownInside(field.type)) === true
    default:
      return true
  }
}

/** As cells of their own these are written as text; inside of another value they stay what they are, and Avro has no type for them. */
const unknownInside: readonly DataType['kind'][] = ['any', 'null', 'tuple', 'union', 'windowed']

function isKnownInside(type: DataType): boolean {
  return !unknownInside.includes(type.kind) && isKnown(type)
}
