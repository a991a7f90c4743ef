import type { AvroType } from './avro-type.ts'
import { isJsonObject, isRawNumber, numberOf } from './exact-text.ts'

/** @returns what the default should have been, or undefined where it fits or there is none */
export function checkAvroDefault(type: AvroType, value: unknown): string | undefined {
  if (value === undefined || fits(type, value)) return undefined
  return type.kind === 'union' ? 'value of any branch of its union' : `value of type ${type.kind}`
}

const intMax = 2_147_483_647
const longMax = 9_223_372_036_854_775_807n

function fits(type: AvroType, value: unknown): boolean {
  switch (type.kind) {
    case 'null':
      return value === null
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
    case 'long':
      return isWhole(value, type.kind === 'int' ? BigInt(intMax) : longMax)
    case 'float':
    case 'double':
      return numberOf(value) !== undefined
    case 'string':
    case 'bytes':
      return typeof value === 'string'
    case 'fixed':
      return typeof value === 'string'
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value)
    case 'array':
      return Array.isArray(value) && value.every((item) => fits(type.items, item))
    case 'map':
      return isJsonObject(value) && Object.values(value).every((item) => fits(type.values, item))
    case 'union':
      return type.branches.some((branch) => fits(branch, value))
    case 'record':
      return (
        isJsonObject(value) &&
        type.fields.every((field) => {
          const own = Object.hasOwn(value, field.name) ? value[field.name] : field.default
          return own !== undefined && fits(field.type, own)
        })
      )
  }
}

function isWhole(value: unknown, max: bigint): boolean {
  if (!isRawNumber(value) || !/^-?\d+$/.test(value.rawJSON)) return false
  const whole = BigInt(value.rawJSON)
  return whole <= max && whole >= -max - 1n
}
