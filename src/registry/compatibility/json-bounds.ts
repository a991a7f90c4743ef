import type { JsonObject } from '../schemas/exact-text.ts'
import { numberOf } from '../schemas/exact-text.ts'
import type { JsonComparison } from './json-comparison.ts'

interface Bounded {
  readonly reader: JsonObject
  readonly writer: JsonObject
  /** Of the writer's values. */
  readonly types: ReadonlySet<string>
  readonly path: string
}

interface Bound {
  readonly types: readonly string[]
  readonly name: string
}

const numbers = ['number', 'integer']
const upper: Readonly<Record<string, Bound>> = {
  maximum: { types: numbers, name: 'MAXIMUM' },
  exclusiveMaximum: { types: numbers, name: 'EXCLUSIVE_MAXIMUM' },
  maxLength: { types: ['string'], name: 'MAX_LENGTH' },
  maxItems: { types: ['array'], name: 'MAX_ITEMS' },
  maxContains: { types: ['array'], name: 'MAX_CONTAINS' },
  maxProperties: { types: ['object'], name: 'MAX_PROPERTIES' },
}
const lower: Readonly<Record<string, Bound>> = {
  minimum: { types: numbers, name: 'MINIMUM' },
  exclusiveMinimum: { types: numbers, name: 'EXCLUSIVE_MINIMUM' },
  minLength: { types: ['string'], name: 'MIN_LENGTH' },
  minItems: { types: ['array'], name: 'MIN_ITEMS' },
  minContains: { types: ['array'], name: 'MIN_CONTAINS' },
  minProperties: { types: ['object'], name: 'MIN_PROPERTIES' },
}

/** Bounds of numbers, texts and sizes: those that came, and those that moved inwards. */
export function compareBounds(own: JsonComparison, bounded: Bounded): void {
  for (const [keyword, bound] of Object.entries(upper))
    compareBound(own, bounded, { keyword, ...bound, sign: 1 })
  for (const [keyword, bound] of Object.entries(lower))
    compareBound(own, bounded, { keyword, ...bound, sign: -1 })
  const { reader, writer, types, path } = bounded
  if (numbers.some((type) => types.has(type))) compareMultiples(own, bounded)
  if (types.has('string') && reader['pattern'] !== undefined && reader['pattern'] !== writer['pattern'])
    own.add(writer['pattern'] === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED', `${path}/pattern`)
  if (types.has('array') && reader['uniqueItems'] === true && writer['uniqueItems'] !== true)
    own.add('UNIQUE_ITEMS_ADDED', `${path}/uniqueItems`)
}

function compareBound(
  own: JsonComparison,
  { reader, writer, types, path }: Bounded,
  bound: Bound & { readonly keyword: string; readonly sign: 1 | -1 },
): void {
  if (!bound.types.some((type) => types.has(type))) return
  const now = numberOf(reader[bound.keyword])
  // In draft 4 an exclusive bound is a flag beside the bound.
  const flagged = reader[bound.keyword] === true && writer[bound.keyword] !== true
  if (flagged) own.add(`${bound.name}_ADDED`, `${path}/${bound.keyword}`)
  if (now === undefined) return
  const before = numberOf(writer[bound.keyword])
  if (before === undefined) own.add(`${bound.name}_ADDED`, `${path}/${bound.keyword}`)
  else if (before * bound.sign > now * bound.sign)
    own.add(`${bound.name}_${bound.sign === 1 ? 'DECREASED' : 'INCREASED'}`, `${path}/${bound.keyword}`)
}

function compareMultiples(own: JsonComparison, { reader, writer, path }: Bounded): void {
  const now = numberOf(reader['multipleOf'])
  if (now === undefined) return
  const before = numberOf(writer['multipleOf'])
  if (before === undefined) own.add('MULTIPLE_OF_ADDED', `${path}/multipleOf`)
  else if (!isMultiple(before, now))
    own.add(isMultiple(now, before) ? 'MULTIPLE_OF_EXPANDED' : 'MULTIPLE_OF_CHANGED', `${path}/multipleOf`)
}

/** Decimal fractions are compared as whole numbers: `0.1` has no exact form in binary. */
function isMultiple(value: number, of: number): boolean {
  const scale = 10 ** Math.max(decimals(value), decimals(of))
  return Math.round(value * scale) % Math.round(of * scale) === 0
}

function decimals(value: number): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? []
  return Math.max(0, fraction.length - Number(exponent))
}
