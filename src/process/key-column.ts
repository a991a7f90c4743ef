import type { DataType } from '../data/types.ts'

/** Times are numbers inside, and text in keys where no number is written. */
const timeKinds: ReadonlySet<DataType['kind']> = new Set(['timestamp', 'date', 'time'])
const numberKinds: ReadonlySet<DataType['kind']> = new Set([
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'decimal',
])
const wholeNumber = /^-?\d+$/

/** A record key as a value of the column that it stands for: keys are often text where the column is a number. */
export function keyAsColumn(key: unknown, type: DataType): unknown {
  if (typeof key === 'string') return textAsColumn(key, type)
  if (typeof key === 'number' || typeof key === 'bigint') return type.kind === 'string' ? String(key) : key
  return key
}

function textAsColumn(key: string, { kind }: DataType): unknown {
  if (kind === 'boolean') return key === 'true'
  if (timeKinds.has(kind)) return wholeNumber.test(key) ? Number(key) : key
  if (!numberKinds.has(kind)) return key
  const number = Number(key)
  return wholeNumber.test(key) && !Number.isSafeInteger(number) ? BigInt(key) : number
}
