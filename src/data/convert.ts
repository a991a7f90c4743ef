/**
 * Conversions between types: numbers narrow with a range check, text is parsed, anything becomes text, containers go element by element,
 * null fits all.
 */
import { isObject } from './is-object.ts'
import { convertNumber } from './convert-number.ts'
import { parseJson } from './exact-json.ts'
import { jsonTextOf } from './json-text.ts'
import { Lazy } from './lazy.ts'
import { Mismatch } from './mismatch.ts'
import { describeType } from './type-strings.ts'
import { plainContainer } from './plain-container.ts'
import type { DataType } from './types.ts'

/**
 * A value as one of another type; a {@link Mismatch} where it cannot be one. It may be the same object where it fits as it is.
 */
export function convertValue(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null
  if (value instanceof Lazy) return type.kind === 'any' ? value : convertValue(value.materialize(), type)
  switch (type.kind) {
    case 'any':
    case 'decimal':
    case 'timestamp':
    case 'date':
    case 'time':
    case 'interval':
    case 'uuid':
      return value
    case 'null':
      return new Mismatch(`${nameOf(value)}, but only null fits`)
    case 'boolean':
      return convertBoolean(value)
    case 'string':
      return convertText(value)
    case 'bytes':
      return convertBytes(value)
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value)
        ? value
        : new Mismatch(`${nameOf(value)}, but not one of the symbols ${type.symbols.join(', ')}`)
    case 'list':
      return convertList(value, type.of)
    case 'tuple':
      return convertTuple(value, type.of)
    case 'map':
    case 'struct':
    case 'windowed':
      return convertObject(value, type)
    case 'union':
      return convertUnion(value, type.of)
    default:
      return convertNumber(value, type.kind)
  }
}

function convertBoolean(value: unknown): unknown {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (text === 'true' || text === 'false') return text === 'true'
  return new Mismatch(`${nameOf(value)}, not a boolean`)
}

function convertText(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return jsonTextOf(plainContainer(value as object))
    default:
      return new Mismatch(`${nameOf(value)}, not text`)
  }
}

function convertBytes(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (!Array.isArray(value)) return new Mismatch(`${nameOf(value)}, not bytes or a list of numbers`)
  const bytes = new Uint8Array(value.length)
  for (const [index, byte] of value.entries()) {
    if (!Number.isInteger(byte) || byte < -128 || byte > 255) {
      return new Mismatch('not a byte: a whole number from -128 to 255').inside(`[${index}]`)
    }
    bytes[index] = byte
  }
  return bytes
}

function convertList(value: unknown, of: DataType): unknown {
  const source = listOf(typeof value === 'string' ? parsed(value, '[') : value)
  if (!Array.isArray(source)) return new Mismatch(`${nameOf(value)}, not a list`)
  if (of.kind === 'any') return source
  return convertItems(source, () => of)
}

function convertTuple(value: unknown, of: readonly DataType[]): unknown {
  const source = listOf(typeof value === 'string' ? parsed(withBrackets(value), '[') : value)
  if (!Array.isArray(source)) return new Mismatch(`${nameOf(value)}, not a tuple`)
  if (source.length !== of.length) {
    return new Mismatch(`a list of ${source.length}, but the tuple has ${of.length} elements`)
  }
  return convertItems(source, (index) => of[index] as DataType)
}

function convertItems(source: readonly unknown[], typeOf: (index: number) => DataType): unknown {
  // Of the length that it keeps: a list that is made to grow has room for many more.
  const items: unknown[] = source.slice()
  for (let index = 0; index < source.length; index++) {
    const item = convertValue(source[index], typeOf(index))
    if (item instanceof Mismatch) return item.inside(`[${index}]`)
    items[index] = item
  }
  return items
}

function convertObject(value: unknown, type: DataType & { kind: 'map' | 'struct' | 'windowed' }): unknown {
  const source = typeof value === 'string' ? parsed(value, '{') : value
  if (!isObject(source)) return new Mismatch(`${nameOf(value)}, not an object`)
  if (Symbol.iterator in source) return convertCollection(source, type)
  if (type.kind === 'windowed') return source
  if (type.kind === 'map') return type.of.kind === 'any' ? source : convertMap(source, type.of)
  return type.fields === undefined ? source : convertStruct(source, type.fields)
}

/** A Map is an object by other means; a Set, or what else can be gone through, is none. */
function convertCollection(
  source: object,
  type: DataType & { kind: 'map' | 'struct' | 'windowed' },
): unknown {
  const plain = plainContainer(source)
  return isObject(plain) && plain !== source
    ? convertObject(plain, type)
    : new Mismatch('a collection, not an object')
}

/** A Set is a list by other means. */
function listOf(value: unknown): unknown {
  return isObject(value) ? plainContainer(value) : value
}

function convertMap(source: Readonly<Record<string, unknown>>, of: DataType): unknown {
  const result: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(source)) {
    const converted = convertValue(item, of)
    if (converted instanceof Mismatch) return converted.inside(`.${name}`)
    result[name] = converted
  }
  return result
}

type StructFields = NonNullable<(DataType & { kind: 'struct' })['fields']>

/** Declared fields are converted, others kept for the format to judge; the marks that typed structs carry are dropped. */
function convertStruct(source: Readonly<Record<string, unknown>>, fields: StructFields): unknown {
  const result: Record<string, unknown> = { ...source }
  delete result['@type']
  delete result['@schema']
  for (const field of fields) {
    const converted = convertValue(source[field.name], field.type)
    if (converted instanceof Mismatch) return converted.inside(`.${field.name}`)
    if (converted !== null || field.name in source) result[field.name] = converted
    else if (field.required) return new Mismatch(`an object without its required field "${field.name}"`)
  }
  return result
}

function convertUnion(value: unknown, members: readonly DataType[]): unknown {
  for (const member of members) {
    const exact = convertValue(value, member)
    if (exact === value && !(exact instanceof Mismatch)) return exact
  }
  for (const member of members) {
    const converted = convertValue(value, member)
    if (!(converted instanceof Mismatch)) return converted
  }
  return new Mismatch(`${nameOf(value)}, ${describeMembers(members)}`)
}

/** A union is often one that nobody wrote: the notation json stands for objects and lists. */
function describeMembers(members: readonly DataType[]): string {
  const type = describeType({ kind: 'union', of: members })
  return type === 'json'
    ? 'neither an object nor a list'
    : `which is none of ${members.map(describeType).join(', ')}`
}

function parsed(text: string, opening: '[' | '{'): unknown {
  if (!text.trimStart().startsWith(opening)) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** Tuples are also written in parentheses. */
function withBrackets(text: string): string {
  const [, inside] = /^\s*\((.*)\)\s*$/s.exec(text) ?? []
  return inside === undefined ? text : `[${inside}]`
}

/** What a value is, for messages. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (ArrayBuffer.isView(value)) return 'bytes'
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'number':
    case 'bigint':
      return 'a number'
    case 'boolean':
      return 'a boolean'
    case 'function':
      return 'a function instead of a value'
    default:
      return 'an object'
  }
}
