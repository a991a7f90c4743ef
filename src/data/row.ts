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
} as const

/** Decodes one cell's bytes: the part of a format that a row needs. */
export type CellDecoder = (buffer: Buffer, start: number, end: number, kind: number) => unknown

/**
 * A row of a topic as a query sees it: the wanted columns as slices of the encoded value, each decoded when first read.
 *
 * One object serves all records of a source: a reader of its format fills it anew for each. It is valid until the
 * next record; what is to be kept is detached.
 */
export class Row extends Lazy {
  /** The encoded value is `buffer[start .. end)`. */
  buffer: Buffer = emptyBuffer
  start = 0
  end = 0
  /** Column i is `buffer[starts[i] .. ends[i])`, of kind `kinds[i]`. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly kinds: Uint8Array
  /** Decoded cells; `undefined` where not decoded yet. */
  readonly cells: unknown[]
  /** Where the name of column i begins, so that names and values of neighbours can be copied at once. */
  readonly nameStarts: Int32Array
  /** How the fields lie in the encoded value; undefined where a name repeats or there are no bytes. */
  fields: RowFields | undefined = undefined
  /** Encoded parts of the row, kept by the encoder `fragmentOwner` when the row lives longer than a record. */
  fragments: (Buffer | undefined)[] | undefined = undefined
  fragmentOwner: unknown = undefined
  /** Whether the row owns its bytes and stays as it is. */
  detached = false
  readonly shape: RowShape

  constructor(shape: RowShape) {
    super()
    this.shape = shape
    const count = shape.columns.length
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
    this.kinds = new Uint8Array(count)
    this.nameStarts = new Int32Array(count)
    this.cells = Array.from<unknown>({ length: count }).fill(undefined)
  }

  /** The value of column `index`; `null` for NULL and for a column that the record does not have. */
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

  detach(): Row {
    if (this.detached) return this
    const copy = new Row(this.shape)
    copy.buffer = Buffer.from(this.buffer.subarray(this.start, this.end))
    copy.end = this.end - this.start
    for (let index = 0; index < this.starts.length; index++) {
      copy.starts[index] = (this.starts[index] as number) - this.start
      copy.ends[index] = (this.ends[index] as number) - this.start
      copy.nameStarts[index] = (this.nameStarts[index] as number) - this.start
    }
    copy.kinds.set(this.kinds)
    for (let index = 0; index < this.kinds.length; index++) {
      if (this.kinds[index] === cellKind.decoded) copy.cells[index] = this.cells[index]
    }
    copy.fields = this.fields
    copy.detached = true
    return copy
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
}

const emptyBuffer = Buffer.alloc(0)
