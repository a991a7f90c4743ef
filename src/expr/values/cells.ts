/**
 * Cells of a row as the values of their column's type. A format that has no types of its own, such as JSON, gives what
 * the record holds; what does not fit the column reads as NULL. `fits` is a test that generated code makes inline.
 */
import type { DataType } from '../../data/types.ts'
import { isDate, isTimestamp, parseDate, parseTime, parseTimestamp } from './times.ts'

export interface CellReader {
  /** JavaScript that holds for a value `v` that needs no conversion. */
  readonly fits: string
  readonly convert: (value: unknown) => unknown
}

/** How to read a column of this type; `undefined` where each value is taken as it is. */
export function cellReader(type: DataType): CellReader | undefined {
  switch (type.kind) {
    case 'boolean':
      return { fits: "typeof v === 'boolean'", convert: never }
    case 'string':
    case 'uuid':
    case 'enum':
      return { fits: "typeof v === 'string'", convert: never }
    case 'byte':
    case 'short':
    case 'int':
      return { fits: "typeof v === 'number' && (v | 0) === v", convert: never }
    case 'long':
      return {
        fits: 'Number.isSafeInteger(v)',
        convert: (value) => (typeof value === 'bigint' ? value : null),
      }
    case 'float':
    case 'double':
    case 'decimal':
      return {
        fits: "typeof v === 'number'",
        convert: (value) => (typeof value === 'bigint' ? Number(value) : null),
      }
    case 'timestamp':
      return { fits: 'Number.isSafeInteger(v)', convert: timestampOf }
    case 'time':
      return { fits: "typeof v === 'number'", convert: (value) => fromText(value, parseTime) }
    case 'date':
      return { fits: "typeof v === 'number' && (v | 0) === v && v > -1e8 && v < 1e8", convert: dateOf }
    default:
      return undefined
  }
}

function never(): null {
  return null
}

/** A number that is no point in time is not of the type, as is 3e9 in a column of INTEGER. */
function timestampOf(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return fromText(value, parseTimestamp)
  const micros = Number(value)
  return isTimestamp(micros) ? micros : null
}

function dateOf(value: unknown): number | null {
  if (typeof value !== 'number') return fromText(value, parseDate)
  return isDate(value) ? value : null
}

function fromText(value: unknown, parse: (text: string) => number | undefined): number | null {
  return typeof value === 'string' ? (parse(value) ?? null) : null
}
