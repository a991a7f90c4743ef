import { addDetail, toStreamError } from '../../base/errors.ts'
import { SlicedRow } from '../../data/row.ts'
import type { Column } from '../../data/types.ts'
import type { OnMisfit, Serde } from '../../serde/serde.ts'
import type { RawRecord } from '../environment.ts'

interface DecoderOptions {
  readonly node: string
  /** Undefined: nobody reads the key, and it is not decoded. */
  readonly key: Serde | undefined
  readonly value: Serde
  readonly columns: readonly Column[] | undefined
  /** What is told of values that do not fit their columns. */
  readonly onMisfit: OnMisfit | undefined
}

/** Reads a fetched record's key and value. One row serves all values that are read by columns. */
export class Decoder {
  readonly #options: DecoderOptions
  readonly #key: Serde | undefined
  readonly #readValue: (raw: RawRecord) => unknown

  constructor(options: DecoderOptions) {
    this.#options = options
    this.#key = options.key
    this.#readValue = valueReader(options)
  }

  /** @throws StreamError `VALUE_MALFORMED` */
  key(raw: RawRecord): unknown {
    if (raw.keyEnd < 0 || this.#key === undefined) return null
    try {
      return this.#key.decode(raw.buffer, raw.keyStart, raw.keyEnd, raw.headers) ?? null
    } catch (error) {
      throw this.#failure(error, 'key')
    }
  }

  /** @throws StreamError `VALUE_MALFORMED` */
  value(raw: RawRecord): unknown {
    if (raw.valueEnd < 0) return null
    try {
      return this.#readValue(raw)
    } catch (error) {
      throw this.#failure(error, 'value')
    }
  }

  /** Whether a schema that the record needs is still on its way; decoding would fail then. */
  awaits(raw: RawRecord): boolean {
    const { value } = this.#options
    return (
      (raw.keyEnd >= 0 &&
        this.#key?.missing?.(raw.buffer, raw.keyStart, raw.keyEnd, raw.headers) !== undefined) ||
      (raw.valueEnd >= 0 &&
        value.missing?.(raw.buffer, raw.valueStart, raw.valueEnd, raw.headers) !== undefined)
    )
  }

  /** Whether records may have to wait at all. */
  get mayWait(): boolean {
    return this.#key?.missing !== undefined || this.#options.value.missing !== undefined
  }

  #failure(error: unknown, side: 'key' | 'value'): Error {
    return addDetail(toStreamError(error), `It is the ${side} of a record read by "${this.#options.node}".`)
  }
}

function valueReader({ value: serde, columns, onMisfit }: DecoderOptions): (raw: RawRecord) => unknown {
  const reader = columns === undefined ? undefined : serde.project?.(columns, onMisfit)
  if (reader === undefined) {
    return (raw) => serde.decode(raw.buffer, raw.valueStart, raw.valueEnd, raw.headers) ?? null
  }
  const row = new SlicedRow(reader.shape)
  return (raw) => {
    row.headers = raw.headers
    reader.read(raw.buffer, raw.valueStart, raw.valueEnd, row)
    return row
  }
}
