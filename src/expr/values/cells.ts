/** Cells of a row as the values of their column's type; what does not fit the column reads as NULL. */
import { cellConverter, type CellConverter } from '../../data/cell-values.ts'
import { powerOfTen } from '../../data/decimal-scale.ts'
import type { DataType } from '../../data/types.ts'

export interface CellReader {
  /** JavaScript that holds for a value `v`, never null, that needs no conversion: a test that generated code makes inline. */
  readonly fits: string
  readonly convert: CellConverter
}

/** How to read a column of this type; `undefined` where each value is taken as it is. */
export function cellReader(type: DataType): CellReader | undefined {
  const convert = cellConverter(type)
  return convert && { fits: fitsInline(type), convert }
}

function fitsInline(type: DataType): string {
  if (type.kind !== 'decimal') return fitsByKind[type.kind] ?? 'false'
  const [scale, limit] = [powerOfTen(type.scale), powerOfTen(type.precision - type.scale)]
  return `Math.round(v * ${scale}) / ${scale} === v && v < ${limit} && v > -${limit}`
}

const fitsByKind: Readonly<Partial<Record<DataType['kind'], string>>> = {
  boolean: "typeof v === 'boolean'",
  string: "typeof v === 'string'",
  uuid: "typeof v === 'string'",
  enum: "typeof v === 'string'",
  byte: "typeof v === 'number' && v << 24 >> 24 === v",
  short: "typeof v === 'number' && v << 16 >> 16 === v",
  int: "typeof v === 'number' && (v | 0) === v",
  long: 'Number.isSafeInteger(v)',
  float: "typeof v === 'number'",
  double: "typeof v === 'number'",
  timestamp: 'Number.isSafeInteger(v)',
  time: 'Number.isInteger(v) && v >= 0 && v < 864e8',
  date: "typeof v === 'number' && (v | 0) === v && v > -1e8 && v < 1e8",
  interval: 'Number.isInteger(v.months) && Number.isInteger(v.days) && Number.isInteger(v.micros)',
}
