/** Fields of JSON rows as values of formats that have types: bytes from base64, decimals with all their digits. */
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { isObject } from '../data/is-object.ts'
import { parseDecimal } from '../data/decimal.ts'
import { cellKind, type SlicedRow } from '../data/row.ts'
import type { Column, DataType, Field } from '../data/types.ts'
import { compileExpr } from '../expr/compile.ts'
import { jsonRows } from '../language/catalog.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { RowReader } from '../serde/serde.ts'

/** Reads rows of these columns with any value in them: whether it fits is said by the cells. */
export function jsonReader(columns: readonly Pick<Column, 'name'>[]): RowReader {
  const asTheyAre = columns.map(({ name }) => ({ name, type: { kind: 'any' } as const }))
  const reader = serdeFor(jsonRows).project?.(asTheyAre)
  assert(reader !== undefined, 'JSON has columns')
  return reader
}

/** The value of one column of a row; null also for what is not of the column's type. */
export type CellOfRow = (row: SlicedRow) => unknown

export function jsonCell({ name, type }: Column, index: number): CellOfRow {
  switch (type.kind) {
    case 'decimal':
      return (row) => decimalCell(row, index, type.scale)
    case 'bytes':
    case 'list':
    case 'map':
    case 'struct':
      return (row) => valueOfJson(row.get(index), type)
    default: {
      const cell = compileExpr({ kind: 'column', scope: 0, index, name, type }, systemClock)
      return (row) => cell([row])
    }
  }
}

/** The text of a number has digits that a double loses; one that is finer than the scale is a double to round. */
function decimalCell(row: SlicedRow, index: number, scale: number): unknown {
  const value = row.get(index)
  if (typeof value === 'string') return parseDecimal(value, scale) === undefined ? null : value
  if (row.kinds[index] !== cellKind.number && row.kinds[index] !== cellKind.fraction) return null
  const text = row.buffer.latin1Slice(row.starts[index], row.ends[index])
  return parseDecimal(text, scale) === undefined ? value : text
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/** Bytes wherever a type has them; all else is as it is, and the format's to judge. */
function valueOfJson(value: unknown, type: DataType): unknown {
  switch (type.kind) {
    case 'bytes':
      return typeof value === 'string' && base64.test(value)
        ? new Uint8Array(Buffer.from(value, 'base64'))
        : null
    case 'list':
      return Array.isArray(value) ? value.map((item) => valueInside(item, type.of)) : value
    case 'map':
      return isObject(value) ? mapped(value, () => type.of) : value
    case 'struct':
      return isObject(value) && type.fields !== undefined ? mapped(value, typesOf(type.fields)) : value
    default:
      return value
  }
}

/** What is no base64 inside of a value stays text, so that the format says which field does not fit. */
function valueInside(value: unknown, type: DataType | undefined): unknown {
  return type === undefined ? value : (valueOfJson(value, type) ?? value)
}

function typesOf(fields: readonly Field[]): (name: string) => DataType | undefined {
  return (name) => fields.find((field) => field.name === name)?.type
}

function mapped(
  value: Readonly<Record<string, unknown>>,
  typeOf: (name: string) => DataType | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, valueInside(inner, typeOf(name))]),
  )
}
