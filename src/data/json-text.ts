/**
 * JSON text without loss: integers beyond 2^53 are `bigint`, bytes are lists of numbers, a whole `double` keeps its point.
 */
import { Lazy } from './lazy.ts'
import type { DataType } from './types.ts'

/** The text of a plain or lazy value. `type`, where known, tells whole doubles from integers. */
export function jsonTextOf(value: unknown, type?: DataType): string {
  if (value instanceof Lazy) return value.jsonText?.()?.trimStart() ?? jsonTextOf(value.materialize(), type)
  if (type !== undefined && tellsDoubles(type)) return writeTyped(value, type)
  return nativeWillDo(value) ? (JSON.stringify(value) ?? 'null') : writeTyped(value, undefined)
}

function nativeWillDo(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
    case 'bigint':
      return false
    case 'object':
      return value === null || (Array.isArray(value) ? value.every(nativeWillDo) : fieldsWillDo(value))
    default:
      return true
  }
}

function fieldsWillDo(value: object): boolean {
  if (value instanceof Lazy || ArrayBuffer.isView(value)) return false
  for (const name in value) if (!nativeWillDo((value as Record<string, unknown>)[name])) return false
  return true
}

function tellsDoubles(type: DataType): boolean {
  switch (type.kind) {
    case 'float':
    case 'double':
      return true
    case 'list':
    case 'map':
    case 'windowed':
      return tellsDoubles(type.of)
    case 'tuple':
      return type.of.some(tellsDoubles)
    case 'struct':
      return type.fields?.some((field) => tellsDoubles(field.type)) ?? false
    default:
      return false
  }
}

function writeTyped(value: unknown, type: DataType | undefined): string {
  switch (typeof value) {
    case 'number':
      return numberText(value, type)
    case 'bigint':
      return value.toString()
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'object':
      return value === null ? 'null' : writeContainer(value, type)
    default:
      return 'null'
  }
}

function numberText(value: number, type: DataType | undefined): string {
  if (!Number.isFinite(value)) return String(value)
  const isDouble = type?.kind === 'double' || type?.kind === 'float'
  if (!isDouble || !Number.isInteger(value)) return Object.is(value, -0) ? '-0.0' : String(value)
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('e') ? text : `${text}.0`
}

function writeContainer(value: object, type: DataType | undefined): string {
  if (value instanceof Lazy) return jsonTextOf(value, type)
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => writeTyped(item, itemType(type, index))).join(',')}]`
  }
  if (ArrayBuffer.isView(value)) {
    return `[${new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join(',')}]`
  }
  const fields: string[] = []
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined)
      fields.push(`${JSON.stringify(name)}:${writeTyped(field, fieldType(type, name))}`)
  }
  return `{${fields.join(',')}}`
}

function itemType(type: DataType | undefined, index: number): DataType | undefined {
  if (type?.kind === 'list') return type.of
  return type?.kind === 'tuple' ? type.of[index] : undefined
}

function fieldType(type: DataType | undefined, name: string): DataType | undefined {
  if (type?.kind === 'map') return type.of
  return type?.kind === 'struct' ? type.fields?.find((field) => field.name === name)?.type : undefined
}
