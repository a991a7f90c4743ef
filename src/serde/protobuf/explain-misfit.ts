/** Where and why a value does not fit a message, by walking it; for messages after encoding has failed. */
import { isObject } from '../../data/is-object.ts'
import type { DescMessage } from '@bufbuild/protobuf'
import { fieldsOf, type Element, type ProtoField, type ScalarName } from './fields.ts'

export interface MisfitFound {
  readonly path: string
  readonly reason: string
}

const depthMax = 100

export function explainMisfit(message: DescMessage, value: unknown, depth = 0): MisfitFound | undefined {
  if (depth > depthMax) return { path: '', reason: `messages are nested more than ${depthMax} deep` }
  if (!isObject(value)) return { path: '', reason: `an object is wanted, for message ${message.typeName}` }
  const fields = fieldsOf(message)
  for (const field of fields) {
    const given = value[field.name]
    if (given === null || given === undefined) {
      if (field.presence === 'required') return { path: `.${field.name}`, reason: 'the field is required' }
      continue
    }
    const found = explainField(field, given, depth)
    if (found !== undefined) return { path: `.${field.name}${found.path}`, reason: found.reason }
  }
  return explainOneof(fields, value)
}

function explainOneof(
  fields: readonly ProtoField[],
  value: Readonly<Record<string, unknown>>,
): MisfitFound | undefined {
  const set = new Map<string, string>()
  for (const { name, oneof } of fields) {
    if (oneof === undefined || value[name] === null || value[name] === undefined) continue
    const other = set.get(oneof)
    if (other !== undefined)
      return { path: `.${name}`, reason: `only one field of "${oneof}" may be set, and "${other}" is` }
    set.set(oneof, name)
  }
  return undefined
}

function explainField(field: ProtoField, value: unknown, depth: number): MisfitFound | undefined {
  switch (field.shape) {
    case 'single':
      return explainElement(field.element, value, depth)
    case 'list':
      if (!Array.isArray(value)) return { path: '', reason: 'a list is wanted' }
      for (const [index, item] of value.entries()) {
        const found = explainElement(field.element, item, depth)
        if (found !== undefined) return { path: `[${index}]${found.path}`, reason: found.reason }
      }
      return undefined
    case 'map':
      return explainMap(field, value, depth)
  }
}

function explainMap(
  field: ProtoField & { readonly shape: 'map' },
  value: unknown,
  depth: number,
): MisfitFound | undefined {
  if (!isObject(value)) return { path: '', reason: 'an object is wanted, for a map' }
  for (const [key, item] of Object.entries(value)) {
    if (field.key !== 'string' && !fitsKey(field.key, key))
      return { path: `.${key}`, reason: `its key is no ${field.key}` }
    const found = explainElement(field.element, item, depth)
    if (found !== undefined) return { path: `.${key}${found.path}`, reason: found.reason }
  }
  return undefined
}

function fitsKey(scalar: ScalarName, key: string): boolean {
  if (scalar === 'bool') return key === 'true' || key === 'false'
  return /^-?\d{1,20}$/.test(key) && fitsScalar(scalar, BigInt(key))
}

function explainElement(element: Element, value: unknown, depth: number): MisfitFound | undefined {
  switch (element.kind) {
    case 'message':
      return explainMisfit(element.message, value, depth + 1)
    case 'enum': {
      const known = element.enum.values.some(({ name }) => name === value)
      return known || (Number.isInteger(value) && ((value as number) | 0) === value)
        ? undefined
        : {
            path: '',
            reason: `a value of enum ${element.enum.typeName} is wanted: ${element.enum.values.map(({ name }) => name).join(', ')}`,
          }
    }
    case 'scalar':
      return fitsScalar(element.scalar, value)
        ? undefined
        : { path: '', reason: `${element.scalar} is wanted` }
  }
}

const limits: Readonly<Partial<Record<ScalarName, readonly [min: bigint, max: bigint]>>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}

function fitsScalar(scalar: ScalarName, value: unknown): boolean {
  switch (scalar) {
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'bool':
      return typeof value === 'boolean'
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
    default: {
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return false
      const [min, max] = limits[scalar] ?? [0n, 0n]
      return (value as number) >= min && (value as number) <= max
    }
  }
}
