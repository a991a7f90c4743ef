import type { Headers } from '../base/headers.ts'
import { copyToSlab, slabStart } from './slab.ts'
import { Lazy } from './lazy.ts'

/** What a cell's bytes are. `absent` and `null` are both SQL NULL; only an untouched copy tells them apart. */
export const cellKind = {
  absent: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  escapedText: 6,
  object: 7,
  array: 8,
  /** The value is in `cells` already; there are no bytes. */
  decoded: 9,
  /** Like `text`, with characters beyond ASCII. */
  unicodeText: 10,
  /** A number with a decimal point or an exponent. */
  fraction: 11,
} as const

/** Of all kinds. */
export const cellKindCount = 12

/** Decodes one cell's bytes: the part of a format that a row needs. */
export type CellDecoder = (buffer: Buffer, start: number, end: number, kind: number) => unknown

/** A row of a topic as a query sees it: the wanted columns, by index. */
export abstract class Row extends Lazy {
  readonly shape: RowShape

  constructor(shape: RowShape) {
    super()
    this.shape = shape
  }

  /** The value of column `index`; `null` for NULL and for a column that the record does not have. */
  abstract get(index: number): unknown
  abstract override detach(): StoredRow
}

/**
 * A row as slices of the encoded value, each decoded when first read.
 *
 * One object serves all records of a source: a reader of its format fills it anew for each. It is valid until the
 * next record; what is to be kept is detached.
 */
export class SlicedRow extends Row {
  /** The encoded value is `buffer[start .. end)`. */
  buffer: Buffer = emptyBuffer
  start = 0
  end = 0
  /** The record's. */
  headers: Headers | undefined = undefined
  /** Column i is `buffer[starts[i] .. ends[i])`, of kind `kinds[i]`. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly kinds: Uint8Array
  /** Decoded cells; `undefined` where not decoded yet. */
  readonly cells: unknown[]
  /** Where the name of column i begins, so that names and values of neighbours can be copied at once. */
  readonly nameStarts: Int32Array
  /** How the fields lie in the encoded value; undefined where a name repeats. */
  fields: RowFields | undefined = undefined

  constructor(shape: RowShape) {
    super(shape)
    const count = shape.columns.length
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
    this.kinds = new Uint8Array(count)
    this.nameStarts = new Int32Array(count)
    this.cells = Array.from<unknown>({ length: count }).fill(undefined)
  }

  get(index: number): unknown {
    const known = this.cells[index]
    if (known !== undefined) return known
    const kind = this.kinds[index] as number
    const value =
      kind <= cellKind.null
        ? null
        : this.shape.decodeCell(this.buffer, this.starts[index] as number, this.ends[index] as number, kind)
    this.cells[index] = value
    return value
  }

  /** The whole record as a plain value, columns that were not asked for included. */
  materialize(): unknown {
    return this.shape.decodeAll(this.buffer, this.start, this.end)
  }

  detach(): StoredRow {
    return new StoredRow(this.shape, this.buffer.subarray(this.start, this.end))
  }
}

/**
 * A row that is kept, in a table: a copy of the encoded bytes and nothing else until somebody asks. There are as many of these as tables
 * have hot entries, so each is one object, and its bytes lie with those of others in slabs: memory that is not touched costs no time.
 */
export class StoredRow extends Row {
  // What is read per record stands first: fields lie in memory in this order, and a row that was not touched for a while costs a
  // cache miss per line of it.
  /** What an encoder made of the row, kept for it: `fragment[fragmentStart .. fragmentEnd)`. */
  fragmentOwner: unknown = undefined
  fragmentStart = 0
  fragmentEnd = 0
  fragment: Buffer = emptyBuffer
  #cells: unknown[] | undefined = undefined
  readonly #slab: Buffer
  readonly #start: number
  readonly #end: number
  /** Further encoders' fragments, where more than one writes this row. */
  otherFragments: Map<unknown, Buffer> | undefined = undefined

  constructor(shape: RowShape, bytes: Buffer) {
    super(shape)
    this.#slab = copyToSlab(bytes, 0, bytes.length)
    this.#start = slabStart()
    this.#end = this.#start + bytes.length
  }

  get(index: number): unknown {
    this.#cells ??= this.#decodeCells()
    return this.#cells[index]
  }

  /** The row's columns as slices, in an object that is valid until the next row of the same shape is sliced. */
  slices(): SlicedRow {
    return this.shape.slice(this.#slab, this.#start, this.#end)
  }

  materialize(): unknown {
    return this.shape.decodeAll(this.#slab, this.#start, this.#end)
  }

  detach(): StoredRow {
    return this
  }

  #decodeCells(): unknown[] {
    const sliced = this.slices()
    return this.shape.columns.map((_, index) => sliced.get(index))
  }
}

/** An arrangement of fields that records of a source share; compared by identity. */
export interface RowFields {
  /** By column: its place among the fields of the encoded value, −1 where it is absent. */
  readonly places: Int32Array
}

/** What all rows of one source have in common. */
export interface RowShape {
  readonly columns: readonly { readonly name: string }[]
  readonly decodeCell: CellDecoder
  readonly decodeAll: (buffer: Buffer, start: number, end: number) => unknown
  /** Reads bytes that were read before into a row that all callers share. */
  readonly slice: (buffer: Buffer, start: number, end: number) => SlicedRow
}

/** A row of values that are decoded already. */
export function rowOfCells(columns: RowShape['columns'], cells: readonly unknown[]): Row {
  const row = new SlicedRow({
    columns,
    decodeCell: () => null,
    decodeAll: () => Object.fromEntries(columns.map(({ name }, index) => [name, cells[index]])),
    slice: () => row,
  })
  cells.forEach((cell, index) => (row.cells[index] = cell))
  return row
}

const emptyBuffer = Buffer.alloc(0)
