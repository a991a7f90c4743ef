/**
 * Fills rows from JSON objects: one pass that checks all bytes and notes where the wanted columns are.
 *
 * Model. Records of a topic mostly have the same fields in the same order, and the same blanks between them. The reader remembers what
 * stood before each value, from the value before it; where that stands there again, it is not scanned but compared, four bytes at a
 * time. Where a record differs, the reader looks names up and remembers the new order.
 *
 * Invariants
 *  1. For any bytes it throws exactly when `checkJson` does, except that a value which is no object is refused as well, and what whoever
 *     is told of misfits throws.
 *  2. What does not fit its column is absent, and a decimal of more digits rounded: to expressions, and to a writer that copies fields.
 */
import '../../base/node-extras.ts'
import { StreamError } from '../../base/errors.ts'
import { cellKind, cellKindCount, SlicedRow, type RowFields, type RowShape } from '../../data/row.ts'
import type { Column } from '../../data/types.ts'
import type { OnMisfit, RowReader } from '../serde.ts'
import { parseJson } from '../../data/exact-json.ts'
import { decodeJsonCell } from './cells.ts'
import { ColumnFit } from './column-fit.ts'
import { leadOf, standsAt, type Lead } from './lead.ts'
import {
  checkEnd,
  equalsAt,
  nextField,
  scanName,
  scanned,
  scanValue,
  skipBlanks,
  valueBehindName,
} from './scan.ts'

/** A field that the reader expects. */
interface KnownField {
  /** Its name in quotes. */
  readonly quoted: Buffer
  /** The column it fills, −1 for none. */
  readonly column: number
  /** Whether the name has bytes beyond ASCII: each record's are checked, remembered or not. */
  readonly unicode: boolean
  /** Whether it is another spelling of a name that is remembered: then the column may come twice. */
  readonly alias: boolean
  /** Set when its value has been found. */
  lead: Lead | undefined
}

/** Beyond this many fields, order is not remembered: it bounds the memory that odd records can take. */
const knownFieldsMax = 1000
/** After this many records in another order the remembered one is dropped. */
const othersMax = 64

export class JsonRowReader implements RowReader {
  readonly shape: RowShape
  readonly #columns: ReadonlyMap<string, number>
  #known: KnownField[] = []
  #fields: RowFields | undefined
  /** By column: the number of the record that last had it, so that a repeated name shows. */
  readonly #seenIn: Float64Array
  #recordNumber = 0
  #slices: { readonly reader: JsonRowReader; readonly row: SlicedRow } | undefined = undefined
  #others = 0
  #cursor = 0
  /** Of {@link JsonRowReader.#viewed}. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  #viewed: Buffer | undefined = undefined
  readonly #fit: ColumnFit
  readonly #onMisfit: OnMisfit | undefined
  /** Whether the record may have values that do not fit their columns. */
  #doubtful = false

  constructor(columns: readonly Column[], onMisfit?: OnMisfit) {
    this.#fit = new ColumnFit(columns)
    this.#onMisfit = onMisfit
    this.shape = {
      columns,
      decodeCell: decodeJsonCell,
      decodeAll: (buffer, start, end) => parseJson(buffer.utf8Slice(start, end)),
      slice: (buffer, start, end) => {
        // What is read again is not told again.
        this.#slices ??= {
          reader: onMisfit === undefined ? this : new JsonRowReader(columns),
          row: new SlicedRow(this.shape),
        }
        this.#slices.reader.read(buffer, start, end, this.#slices.row)
        return this.#slices.row
      },
    }
    this.#columns = new Map(columns.map((column, index) => [column.name, index]))
    this.#seenIn = new Float64Array(columns.length)
  }

  read(buffer: Buffer, start: number, end: number, row: SlicedRow): void {
    row.buffer = buffer
    row.start = start
    row.end = end
    for (let column = 0; column < row.kinds.length; column++) {
      row.kinds[column] = cellKind.absent
      row.cells[column] = undefined
    }
    this.#recordNumber++
    this.#doubtful = false
    scanned.unicode = false
    scanned.start = start
    let position = skipBlanks(buffer, start, end)
    if (buffer[position] !== 0x7b || position >= end) refuseNonObject(buffer, position, start, end)
    const first = skipBlanks(buffer, position + 1, end)
    position = first < end && buffer[first] === 0x7d ? this.#empty(row, first) : this.#readFields(row, first)
    checkEnd(buffer, position + 1, start, end)
    if (this.#doubtful) this.#fitDoubtful(row)
  }

  #empty(row: SlicedRow, closing: number): number {
    row.fields = undefined
    return closing
  }

  /** Gives the position of the closing brace. */
  #readFields(row: SlicedRow, first: number): number {
    const { buffer, end } = row
    const view = this.#viewOf(buffer)
    const known = this.#known
    let position = first
    let place = 0
    for (; place < known.length; place++) {
      const { lead, column, unicode } = known[place] as KnownField
      if (lead === undefined || lead.first !== (place === 0) || !standsAt(lead, view, position, end)) break
      if (unicode) scanned.unicode = true
      const value = valueFrom(buffer, position + lead.length, end)
      position = this.#readValue(row, column, position + lead.nameAt, value)
    }
    if (place < known.length || position >= end || buffer[position] !== 0x7d)
      return this.#readOthers(row, position, place)
    row.fields = this.#currentFields()
    return position
  }

  /** Goes on behind the first `count` fields, which are as remembered, with what is not; gives the position of the closing brace. */
  #readOthers(row: SlicedRow, start: number, count: number): number {
    let position = start
    let place = count
    let exact = true
    this.#markSeen(count)
    this.#cursor = count
    let name = count === 0 ? start : nextField(row.buffer, start, row.end)
    for (; row.buffer[name] !== 0x7d; name = nextField(row.buffer, position, row.end)) {
      const behind = this.#readName(row, name)
      exact = exact && this.#cursor === place
      const known = this.#known[this.#cursor++] as KnownField
      const value = valueBehindName(row.buffer, behind, row.end)
      if (!known.alias) known.lead ??= leadOf(row.buffer, position, name, value)
      position = this.#readValue(row, known.column, name, value)
      if (known.column >= 0 && this.#isRepeated(known.column)) exact = false
      place++
    }
    row.fields = exact && place === this.#known.length ? this.#currentFields() : undefined
    this.#countOther()
    return name
  }

  #readValue(row: SlicedRow, column: number, name: number, start: number): number {
    const end = scanValue(row.buffer, start, row.end, 1)
    if (column < 0) return end
    const { kind } = scanned
    row.nameStarts[column] = name
    row.starts[column] = start
    row.ends[column] = end
    row.kinds[column] = kind
    if (end - start > (this.#fit.sureLengths[column * cellKindCount + kind] as number)) this.#doubtful = true
    return end
  }

  #viewOf(buffer: Buffer): DataView {
    if (buffer !== this.#viewed) {
      this.#viewed = buffer
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    }
    return this.#view
  }

  /** Looks at each value whose kind and length leave it open whether it fits; a number that fits when it is rounded is. */
  #fitDoubtful(row: SlicedRow): void {
    const { sureLengths } = this.#fit
    for (let column = 0; column < row.kinds.length; column++) {
      const kind = row.kinds[column] as number
      const length = (row.ends[column] as number) - (row.starts[column] as number)
      if (kind <= cellKind.null || length <= (sureLengths[column * cellKindCount + kind] as number)) continue
      const value = row.get(column)
      const own = this.#fit.asColumn(column, value)
      if (own === null) {
        this.#onMisfit?.(column, kind)
        replace(row, column, { kind: cellKind.absent, cell: undefined })
      } else if (typeof value === 'number' && own !== value)
        replace(row, column, { kind: cellKind.decoded, cell: own })
    }
  }

  /** Reads the name at `at`, leaves the cursor at its entry among the remembered ones, gives the position behind it. */
  #readName(row: SlicedRow, at: number): number {
    const expected = this.#known[this.#cursor]
    if (expected !== undefined && equalsAt(row.buffer, at, row.end, expected.quoted)) {
      if (expected.unicode) scanned.unicode = true
      return at + expected.quoted.length
    }
    const behind = scanName(row.buffer, at, row.end)
    this.#cursor = this.#find(row.buffer, at, behind)
    return behind
  }

  /** Whether this record had the column before (the last one counts, as in `JSON.parse`). */
  #isRepeated(column: number): boolean {
    const repeated = this.#seenIn[column] === this.#recordNumber
    this.#seenIn[column] = this.#recordNumber
    return repeated
  }

  /** Says of the first of the remembered fields that this record has had them. */
  #markSeen(count: number): void {
    for (let index = 0; index < count; index++) {
      const { column } = this.#known[index] as KnownField
      if (column >= 0) this.#seenIn[column] = this.#recordNumber
    }
  }

  /** The index of the field whose quoted name is `buffer[start .. end)` among the remembered ones; remembers a new one. */
  #find(buffer: Buffer, start: number, end: number): number {
    const escaped = scanned.kind === cellKind.escapedText
    const length = end - start
    for (let index = 0; index < this.#known.length; index++) {
      const quoted = (this.#known[index] as KnownField).quoted
      if (quoted.length === length && equalsAt(buffer, start, end, quoted)) return index
    }
    const name = escaped
      ? (JSON.parse(buffer.utf8Slice(start, end)) as string)
      : buffer.utf8Slice(start + 1, end - 1)
    if (this.#known.length >= knownFieldsMax) this.#forget()
    const column = this.#columns.get(name) ?? -1
    this.#known.push({
      quoted: Buffer.from(buffer.subarray(start, end)),
      column,
      alias: column >= 0 && this.#known.some((known) => known.column === column),
      unicode: scanned.kind !== cellKind.text && scanned.unicode,
      lead: undefined,
    })
    this.#fields = undefined
    return this.#known.length - 1
  }

  /** Records in another order than the remembered one, or with other blanks: after some of them the next one's are learnt anew. */
  #countOther(): void {
    this.#others++
    if (this.#others >= othersMax) this.#forget()
  }

  #forget(): void {
    this.#known.length = 0
    this.#fields = undefined
    this.#others = 0
  }

  #currentFields(): RowFields {
    if (this.#fields === undefined) {
      const places = new Int32Array(this.shape.columns.length).fill(-1)
      this.#known.forEach((field, place) => {
        if (field.column >= 0) places[field.column] = place
      })
      this.#fields = { places }
    }
    return this.#fields
  }
}

/** In place of the bytes, which are not copied any more. */
function replace(row: SlicedRow, column: number, { kind, cell }: { kind: number; cell: unknown }): void {
  row.kinds[column] = kind
  row.cells[column] = cell
  row.fields = undefined
}

/** The position of a value that begins at `at`, unless there are more blanks than expected. */
function valueFrom(buffer: Buffer, at: number, end: number): number {
  return (buffer[at] as number) > 0x20 ? at : skipBlanks(buffer, at, end)
}

function refuseNonObject(buffer: Buffer, position: number, start: number, end: number): never {
  checkEnd(buffer, scanValue(buffer, position, end, 0), start, end)
  throw new StreamError('VALUE_MALFORMED', 'value is JSON but not an object', {
    hint: 'A topic that a query reads holds one JSON object in each record.',
  })
}
