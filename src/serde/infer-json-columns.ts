import { fitsType } from '../data/fits-type.ts'
import type { Column, DataType } from '../data/types.ts'
import { parseJson } from '../data/exact-json.ts'

/** Columns of a topic of JSON objects, guessed from a sample: every field that occurs, in the order of its first occurrence. */
export function inferJsonColumns(samples: readonly string[]): Column[] {
  const types = new Map<string, DataType | undefined>()
  for (const sample of samples) {
    const value = tryParse(sample)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
    for (const [name, field] of Object.entries(value))
      types.set(name, merge(types.get(name), typeOf(field, sample)))
  }
  return [...types].map(([name, type]) => ({ name, type: type ?? { kind: 'any' }, guessed: true }))
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Undefined for null, which says nothing. */
function typeOf(value: unknown, sample: string): DataType | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return { kind: 'list', of: { kind: 'any' } }
  switch (typeof value) {
    case 'number':
      return { kind: Number.isSafeInteger(value) && !hasDecimals(value, sample) ? 'long' : 'double' }
    case 'bigint':
      return { kind: fitsType(value, { kind: 'long' }) ? 'long' : 'double' }
    case 'boolean':
    case 'string':
      return { kind: typeof value === 'boolean' ? 'boolean' : 'string' }
    default:
      return { kind: 'struct' }
  }
}

/** Whether a whole number may have been written as `7.0`: one such record makes a column of decimals. */
function hasDecimals(value: number, sample: string): boolean {
  return new RegExp(`:\\s*${value}\\.0*[^0-9]`).test(sample)
}

function merge(known: DataType | undefined, found: DataType | undefined): DataType | undefined {
  if (known === undefined || found === undefined) return known ?? found
  if (known.kind === found.kind) return known
  const kinds = new Set([known.kind, found.kind])
  if (kinds.has('long') && kinds.has('double')) return { kind: 'double' }
  return { kind: 'any' }
}
