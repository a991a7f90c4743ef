import type { DataType } from '../data/types.ts'

const numberKinds: ReadonlySet<DataType['kind']> = new Set([
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'timestamp',
  'date',
])
const wholeNumber = /^-?\d+$/

/** A record key as a value of the column that it stands for: keys are often text where the column is a number. */
export function keyAsColumn(key: unknown, type: DataType): unknown {
  if (typeof key === 'string' && numberKinds.has(type.kind)) {
    return wholeNumber.test(key) ? BigInt(key) : Number(key)
  }
  if (typeof key === 'string' && type.kind === 'boolean') return key === 'true'
  if (typeof key === 'number' || typeof key === 'bigint') return type.kind === 'string' ? String(key) : key
  return key
}
