/** Which JSON values fit the columns of a row: most are told by their kind and length alone, without being decoded. */
import { cellConverter, type CellConverter } from '../../data/cell-values.ts'
import { cellKind, cellKindCount } from '../../data/row.ts'
import type { Column, DataType } from '../../data/types.ts'

const anyLength = 0x7fff_ffff
/** Digits and sign of the longest numbers that fit, whatever the digits and the sign are: never sure of a time, which has no sign. */
const sureDigits: Readonly<Partial<Record<DataType['kind'], number>>> = {
  byte: 2,
  short: 4,
  int: 9,
  long: 18,
  date: 7,
  timestamp: 15,
  float: anyLength,
  double: anyLength,
}
const textKinds = [cellKind.text, cellKind.escapedText, cellKind.unicodeText]
const sureKinds: Readonly<Partial<Record<DataType['kind'], readonly number[]>>> = {
  boolean: [cellKind.true, cellKind.false],
  string: textKinds,
  uuid: textKinds,
  enum: textKinds,
  float: [cellKind.fraction],
  double: [cellKind.fraction],
}

export class ColumnFit {
  /** By column and kind: how long a value's text may be that surely fits. What is longer has to be looked at. */
  readonly sureLengths: Int32Array
  /** By column; undefined where everything fits. */
  readonly #converters: readonly (CellConverter | undefined)[]

  constructor(columns: readonly Column[]) {
    this.#converters = columns.map(({ type }) => cellConverter(type))
    this.sureLengths = Int32Array.from(columns.flatMap(({ type }) => lengthsByKind(type)))
  }

  /**
   * Null for what does not fit.
   *
   * @param value - decoded, and not null
   */
  asColumn(column: number, value: unknown): unknown {
    const convert = this.#converters[column]
    return convert === undefined ? value : convert(value)
  }
}

function lengthsByKind(type: DataType): readonly number[] {
  if (cellConverter(type) === undefined) return Array.from({ length: cellKindCount }, () => anyLength)
  const lengths = Array.from({ length: cellKindCount }, () => 0)
  for (const kind of sureKinds[type.kind] ?? []) lengths[kind] = anyLength
  lengths[cellKind.null] = anyLength
  lengths[cellKind.number] =
    type.kind === 'decimal' ? type.precision - type.scale : (sureDigits[type.kind] ?? 0)
  if (type.kind === 'list' && cellConverter(type.of) === undefined) lengths[cellKind.array] = anyLength
  return lengths
}
