import { isObject } from './is-object.ts'
import type { DataType, Field } from './types.ts'

const wholeLimits: Readonly<Record<string, number>> = { byte: 2 ** 7, short: 2 ** 15, int: 2 ** 31 }
const longLimit = 2n ** 63n

/** Whether a plain value is one of this type, as it is: nothing is converted. Null belongs to every type. */
export function fitsType(value: unknown, type: DataType): boolean {
  if (value === null || value === undefined) return true
  switch (type.kind) {
    case 'any':
      return true
    case 'null':
      return false
    case 'boolean':
      return typeof value === 'boolean'
    case 'byte':
    case 'short':
    case 'int':
      return Number.isInteger(value) && isWithin(value as number, wholeLimits[type.kind] as number)
    case 'long':
    case 'timestamp':
    case 'date':
    case 'time':
      return (
        Number.isSafeInteger(value) || (typeof value === 'bigint' && value >= -longLimit && value < longLimit)
      )
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'decimal':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    case 'bytes':
      return value instanceof Uint8Array
    case 'string':
    case 'uuid':
      return typeof value === 'string'
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value)
    default:
      return fitsCompound(value, type)
  }
}

function isWithin(value: number, limit: number): boolean {
  return value >= -limit && value < limit
}

function fitsCompound(value: unknown, type: DataType): boolean {
  switch (type.kind) {
    case 'list':
      return Array.isArray(value) && value.every((item) => fitsType(item, type.of))
    case 'tuple':
      return (
        Array.isArray(value) &&
        value.length === type.of.length &&
        type.of.every((member, index) => fitsType(value[index], member))
      )
    case 'union':
      return type.of.some((member) => fitsType(value, member))
    case 'map':
      return isObject(value) && Object.values(value).every((item) => fitsType(item, type.of))
    case 'struct':
      return isObject(value) && (type.fields === undefined || fitsFields(value, type.fields))
    default:
      return isObject(value)
  }
}

function fitsFields(value: Readonly<Record<string, unknown>>, fields: readonly Field[]): boolean {
  return fields.every(({ name, type, required }) =>
    Object.hasOwn(value, name) ? fitsType(value[name], type) : !required,
  )
}
