import { isObject } from '../../data/is-object.ts'
import type { AvroPrimitiveKind, AvroRecord, AvroType } from './avro-type.ts'

/** Why a default of a schema does not fit its type, completing "its default …"; undefined where it fits. */
export function checkDefault(type: AvroType, value: unknown): string | undefined {
  switch (type.kind) {
    case 'fixed':
      return typeof value === 'string' && value.length === type.sizeBytes
        ? undefined
        : `must be text of ${type.sizeBytes} characters`
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value) ? undefined : 'is none of the symbols'
    case 'array':
      return Array.isArray(value) ? firstProblem(value, type.items) : 'must be a list'
    case 'map':
      return isObject(value) ? firstProblem(Object.values(value), type.values) : 'must be an object'
    case 'union':
      return branchOfDefault(type.branches, value) === undefined ? 'fits no branch of the union' : undefined
    case 'record':
      return checkRecord(type, value)
    default:
      return plainDefaults[type.kind].holds(value) ? undefined : `must be ${plainDefaults[type.kind].wanted}`
  }
}

const whole = 'a whole number'
const text = { wanted: 'text', holds: (value: unknown) => typeof value === 'string' }
const number = {
  wanted: 'a number',
  holds: (value: unknown) => typeof value === 'number' || isFloatWord(value),
}

const plainDefaults: Readonly<
  Record<AvroPrimitiveKind, { readonly wanted: string; readonly holds: (value: unknown) => boolean }>
> = {
  null: { wanted: 'null', holds: (value) => value === null },
  boolean: { wanted: 'true or false', holds: (value) => typeof value === 'boolean' },
  int: { wanted: whole, holds: (value) => Number.isInteger(value) && ((value as number) | 0) === value },
  long: { wanted: whole, holds: Number.isInteger },
  float: number,
  double: number,
  string: text,
  bytes: text,
}

/** Which branch of a union a default belongs to: the first by the older specification, any that fits by the newer one. */
export function branchOfDefault(branches: readonly AvroType[], value: unknown): number | undefined {
  const index = branches.findIndex((branch) => checkDefault(branch, value) === undefined)
  return index < 0 ? undefined : index
}

function isFloatWord(value: unknown): value is string {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity'
}

function checkRecord({ fields }: AvroRecord, value: unknown): string | undefined {
  if (!isObject(value)) return 'must be an object'
  for (const field of fields) {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : field.fallback
    if (given === undefined) return `lacks field "${field.name}"`
    const problem = checkDefault(field.type, given)
    if (problem !== undefined) return `has a field "${field.name}" that ${problem}`
  }
  return undefined
}

function firstProblem(items: readonly unknown[], type: AvroType): string | undefined {
  for (const item of items) {
    const problem = checkDefault(type, item)
    if (problem !== undefined) return `has an item that ${problem}`
  }
  return undefined
}
