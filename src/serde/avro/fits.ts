/** Whether and why values fit types, by walking them: for the branches of unions, and for messages after encoding has failed. */
import { isObject } from '../../data/is-object.ts'
import type { Logical } from '../../data/types.ts'
import { describeAvro, type AvroField, type AvroType, type AvroUnion } from './avro-type.ts'
import { singleBranch } from './cells.ts'
import { bytesOfBigDecimal } from './big-decimal.ts'
import { bytesOfDecimal, bytesOfDuration, bytesOfUuid, endOfDay, isUuid } from './logical-values.ts'

export function fits(type: AvroType, value: unknown): boolean {
  return explainMisfit(type, value, { exact: true }) === undefined
}

/** Where a value does not fit, and what is wanted there. */
export interface MisfitFound {
  /** From the outside in: `.lines[3].amount`; empty at the top. */
  readonly path: string
  readonly reason: string
}

interface Options {
  /** A union's branch is chosen by the fields that a value has: one with fields that the record does not know is another's. */
  readonly exact?: boolean
}

const depthMax = 500

export function explainMisfit(
  type: AvroType,
  value: unknown,
  options: Options = {},
  depth = 0,
): MisfitFound | undefined {
  if (depth > depthMax) return { path: '', reason: `it is nested more than ${depthMax} deep` }
  switch (type.kind) {
    case 'record':
      return explainRecord(type.fields, value, options, depth)
    case 'array': {
      if (!Array.isArray(value)) return wanted(type)
      return firstMisfit(
        value.entries(),
        (item) => explainMisfit(type.items, item, options, depth + 1),
        (index) => `[${index}]`,
      )
    }
    case 'map': {
      if (!isObject(value)) return wanted(type)
      return firstMisfit(
        Object.entries(value),
        (item) => explainMisfit(type.values, item, options, depth + 1),
        (key) => `.${key}`,
      )
    }
    case 'union':
      return explainUnion(type, value, options, depth + 1)
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value)
        ? undefined
        : { path: '', reason: `it is none of the symbols ${type.symbols.join(', ')}` }
    default:
      return fitsPlain(type, value) ? undefined : wanted(type)
  }
}

function explainUnion(
  type: AvroUnion,
  value: unknown,
  options: Options,
  depth: number,
): MisfitFound | undefined {
  const single = singleBranch(type)
  const isNull = value === null || value === undefined
  // One walk where there is one way: two at each level would never end in a deep value.
  if (single !== type && !isNull) return explainMisfit(single, value, options, depth)
  return type.branches.some((branch) => explainMisfit(branch, value, options, depth) === undefined)
    ? undefined
    : wanted(type)
}

function explainRecord(
  fields: readonly AvroField[],
  value: unknown,
  options: Options,
  depth: number,
): MisfitFound | undefined {
  if (!isObject(value)) return { path: '', reason: 'an object is wanted' }
  for (const field of fields) {
    const given = value[field.name]
    if (given === undefined && field.fallback !== undefined) continue
    const found = explainMisfit(field.type, given, options, depth + 1)
    if (found === undefined) continue
    const reason = given === undefined ? 'the field is missing, and has no default' : found.reason
    return { path: `.${field.name}${found.path}`, reason }
  }
  const unknown =
    options.exact === true
      ? Object.keys(value).find((name) => !fields.some((field) => field.name === name))
      : undefined
  return unknown === undefined ? undefined : { path: `.${unknown}`, reason: 'the record has no such field' }
}

function firstMisfit<K>(
  entries: Iterable<readonly [K, unknown]>,
  explain: (item: unknown) => MisfitFound | undefined,
  step: (key: K) => string,
): MisfitFound | undefined {
  for (const [key, item] of entries) {
    const found = explain(item)
    if (found !== undefined) return { path: step(key) + found.path, reason: found.reason }
  }
  return undefined
}

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

function fitsPlain(
  type: Exclude<AvroType, { readonly kind: 'record' | 'array' | 'map' | 'union' | 'enum' }>,
  value: unknown,
): boolean {
  switch (type.kind) {
    case 'null':
      return value === null || value === undefined
    case 'boolean':
      return typeof value === 'boolean'
    case 'int': {
      const number = typeof value === 'bigint' ? Number(value) : value
      return typeof number === 'number' && (number | 0) === number && isTime(type.logical, number)
    }
    case 'long':
      return isLong(value) && isTime(type.logical, value)
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'string':
      return type.logical?.kind === 'uuid' ? isUuid(value) : typeof value === 'string'
    case 'bytes':
      return fitsBytes(type.logical, value, undefined)
    case 'fixed':
      return fitsBytes(type.logical, value, type.sizeBytes)
  }
}

function isLong(value: unknown): value is number | bigint {
  return typeof value === 'bigint' ? value >= int64Min && value <= int64Max : Number.isSafeInteger(value)
}

/** Whether a number is within a day, where it has to be. */
function isTime(logical: Logical | undefined, value: number | bigint): boolean {
  const end = logical === undefined ? undefined : endOfDay(logical)
  return end === undefined || (value >= 0 && value < end)
}

function fitsBytes(logical: Logical | undefined, value: unknown, sizeBytes: number | undefined): boolean {
  switch (logical?.kind) {
    case 'decimal':
      return bytesOfDecimal(value, logical, sizeBytes) !== undefined
    case 'big-decimal':
      return bytesOfBigDecimal(value) !== undefined
    case 'duration':
      return bytesOfDuration(value) !== undefined
    case 'uuid':
      return bytesOfUuid(value) !== undefined
    default:
      return value instanceof Uint8Array && (sizeBytes === undefined || value.length === sizeBytes)
  }
}

function wanted(type: AvroType): MisfitFound {
  const logical = 'logical' in type ? type.logical : undefined
  if (logical?.kind === 'decimal')
    return {
      path: '',
      reason: `a decimal of up to ${logical.precision} digits, ${logical.scale} of them decimals, is wanted`,
    }
  return { path: '', reason: `${logical?.kind ?? describeAvro(type)} is wanted` }
}
