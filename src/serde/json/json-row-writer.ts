/**
 * Writes a query's result rows as JSON objects, copying bytes where columns pass through unchanged.
 *
 * Model. The output columns are divided into runs: neighbours that come from the same input row under their own names, and single
 * columns otherwise. A run whose fields are neighbours in the input too is one copy of `"name":value,…`. A run of a row that lives longer than a
 * record (a table's) is encoded once and kept with that row.
 *
 * Hot path: no allocation per record once a row's fragments are made.
 */
import { StreamError } from '../../base/errors.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { cellKind, StoredRow, type Row, type RowFields, type SlicedRow } from '../../data/row.ts'
import { copyToSlab, slabStart } from '../../data/slab.ts'
import type { SelectedColumn, SelectedLayout, SelectedRow } from '../../data/selected-row.ts'
import { stringifyJson } from './cells.ts'
import { timestampText } from '../timestamp-text.ts'

type Run = RowRun | CellRun

interface RowRun {
  readonly kind: 'row'
  readonly scope: number
  /** The columns' indices in their row. */
  readonly indexes: readonly number[]
  /** `"name":` of each, as it is written. */
  readonly names: readonly Buffer[]
  /** Whether the columns keep their names. */
  readonly sameNames: boolean
  /** What {@link contiguous} found for these fields, kept by identity. */
  checkedFields: RowFields | undefined
  contiguous: boolean
}

interface CellRun {
  readonly kind: 'cell'
  readonly column: SelectedColumn
  readonly index: number
  readonly name: Buffer
}

const comma = 0x2c
/** Shorter copies are cheaper byte by byte than by a call. */
const shortBytes = 24
const nullText = Buffer.from('null')
const trueText = Buffer.from('true')
const falseText = Buffer.from('false')

export class JsonRowWriter {
  readonly #runs: readonly Run[]

  constructor(layout: SelectedLayout) {
    this.#runs = divide(layout.columns)
  }

  write(selected: SelectedRow, writer: ByteWriter): void {
    writer.writeInt8(0x7b)
    const { rows, cells } = selected
    for (let index = 0; index < this.#runs.length; index++) {
      const run = this.#runs[index] as Run
      if (index > 0) writer.writeInt8(comma)
      if (run.kind === 'row') this.#writeRow(run, rows[run.scope], writer)
      else {
        copyBytes(run.name, 0, run.name.length, writer)
        writeCell(cells[run.index], run.column, writer)
      }
    }
    writer.writeInt8(0x7d)
  }

  #writeRow(run: RowRun, row: Row | undefined, writer: ByteWriter): void {
    if (row === undefined) writePadding(run, writer)
    else if (row instanceof StoredRow) writeStored(run, row, writer)
    else writeSliced(run, row as SlicedRow, writer)
  }
}

function writeSliced(run: RowRun, row: SlicedRow, writer: ByteWriter): void {
  if (run.sameNames && row.fields !== undefined && isContiguous(run, row.fields)) {
    const first = run.indexes[0] as number
    const last = run.indexes[run.indexes.length - 1] as number
    copyBytes(row.buffer, row.nameStarts[first] as number, row.ends[last] as number, writer)
  } else writeColumns(run, row, writer)
}

/** The run of the first encoder of a row lies in the row's own fields; those of further ones in a map. */
function writeStored(run: RowRun, row: StoredRow, writer: ByteWriter): void {
  if (row.fragmentOwner === run) {
    copyBytes(row.fragment, row.fragmentStart, row.fragmentEnd, writer)
    return
  }
  const other = row.otherFragments?.get(run)
  if (other !== undefined) copyBytes(other, 0, other.length, writer)
  else keepFragment(run, row, writer)
}

function keepFragment(run: RowRun, row: StoredRow, writer: ByteWriter): void {
  const start = writer.length
  writeColumns(run, row.slices(), writer)
  const end = writer.length
  if (row.fragmentOwner === undefined) {
    row.fragmentOwner = run
    row.fragment = copyToSlab(writer.buffer, start, end)
    row.fragmentStart = slabStart()
    row.fragmentEnd = row.fragmentStart + end - start
  } else {
    row.otherFragments ??= new Map()
    row.otherFragments.set(run, Buffer.from(writer.buffer.subarray(start, end)))
  }
}

function divide(columns: readonly SelectedColumn[]): Run[] {
  const runs: { columns: SelectedColumn[] }[] = []
  for (const column of columns) {
    const before = runs.at(-1)
    const neighbour = before?.columns[0]
    if (
      before !== undefined &&
      neighbour?.from === 'row' &&
      column.from === 'row' &&
      neighbour.scope === column.scope
    )
      before.columns.push(column)
    else runs.push({ columns: [column] })
  }
  return runs.map(({ columns: run }) => toRun(run))
}

function toRun(columns: readonly SelectedColumn[]): Run {
  const first = columns[0] as SelectedColumn
  if (first.from === 'cell')
    return { kind: 'cell', column: first, index: first.index, name: encodedName(first) }
  const ofRow = columns.flatMap((column) => (column.from === 'row' ? [column] : []))
  return {
    kind: 'row',
    scope: first.scope,
    indexes: ofRow.map((column) => column.index),
    names: ofRow.map(encodedName),
    sameNames: ofRow.every((column) => column.sourceName === column.name),
    checkedFields: undefined,
    contiguous: false,
  }
}

function encodedName(column: SelectedColumn): Buffer {
  return Buffer.from(`${JSON.stringify(column.name)}:`)
}

/** Whether the run's columns lie side by side, in the run's order, in values with these fields. */
function isContiguous(run: RowRun, fields: RowFields): boolean {
  if (run.checkedFields === fields) return run.contiguous
  const places = run.indexes.map((index) => fields.places[index] as number)
  run.checkedFields = fields
  run.contiguous = places.every((place, index) => place >= 0 && place === (places[0] as number) + index)
  return run.contiguous
}

function writePadding(run: RowRun, writer: ByteWriter): void {
  for (let index = 0; index < run.names.length; index++) {
    if (index > 0) writer.writeInt8(comma)
    const name = run.names[index] as Buffer
    copyBytes(name, 0, name.length, writer)
    copyBytes(nullText, 0, nullText.length, writer)
  }
}

function writeColumns(run: RowRun, row: SlicedRow, writer: ByteWriter): void {
  for (let place = 0; place < run.indexes.length; place++) {
    if (place > 0) writer.writeInt8(comma)
    const name = run.names[place] as Buffer
    copyBytes(name, 0, name.length, writer)
    const index = run.indexes[place] as number
    const kind = row.kinds[index] as number
    if (kind === cellKind.absent) copyBytes(nullText, 0, nullText.length, writer)
    else if (kind === cellKind.decoded)
      writeValue(row.get(index), writer, row.shape.columns[index]?.name ?? '')
    else copyBytes(row.buffer, row.starts[index] as number, row.ends[index] as number, writer)
  }
}

function copyBytes(source: Buffer, start: number, end: number, writer: ByteWriter): void {
  const length = end - start
  let to = writer.reserve(length)
  const target = writer.buffer
  if (length > shortBytes) source.copy(target, to, start, end)
  else for (let from = start; from < end; from++) target[to++] = source[from] as number
}

function writeCell(value: unknown, column: SelectedColumn, writer: ByteWriter): void {
  const { kind } = column.type
  const isMoment = kind === 'timestamp' && typeof value === 'number'
  const text = isMoment ? timestampText(value) : kind === 'bytes' ? base64Text(value) : value
  writeValue(text, writer, column.name)
}

function base64Text(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function writeValue(value: unknown, writer: ByteWriter, name: string): void {
  if (value === null || value === undefined) copyBytes(nullText, 0, nullText.length, writer)
  else if (value === true) copyBytes(trueText, 0, trueText.length, writer)
  else if (value === false) copyBytes(falseText, 0, falseText.length, writer)
  else if (typeof value === 'bigint') writer.writeUtf8(String(value))
  else {
    const text = stringifyJson(value)
    if (text === undefined) {
      throw new StreamError('VALUE_TYPE_MISMATCH', `column "${name}" holds a number that JSON cannot carry`, {
        hint: 'Guard the expression, for example with NULLIF around a divisor.',
      })
    }
    writer.writeUtf8(text)
  }
}
