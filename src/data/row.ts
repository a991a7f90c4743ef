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
  /**
   * True where the encoded value holds exactly the columns asked for, once each and in their order, with nothing
   * between them but separators: a run of columns can then be copied at once.
   */
  regular = false
  readonly shape: RowShape

  constructor(shape: RowShape) {
    super()
    this.shape = shape
    const count = shape.columns.length
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
    this.kinds = new Uint8Array(count)
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
    const copy = new Row(this.shape)
    copy.buffer = Buffer.from(this.buffer.subarray(this.start, this.end))
    copy.end = this.end - this.start
    for (let index = 0; index < this.starts.length; index++) {
      copy.starts[index] = (this.starts[index] as number) - this.start
      copy.ends[index] = (this.ends[index] as number) - this.start
    }
    copy.kinds.set(this.kinds)
    copy.regular = this.regular
    return copy
  }
}

/** What all rows of one source have in common. */
export interface RowShape {
  readonly columns: readonly { readonly name: string }[]
  readonly decodeCell: CellDecoder
  readonly decodeAll: (buffer: Buffer, start: number, end: number) => unknown
}

const emptyBuffer = Buffer.alloc(0)
