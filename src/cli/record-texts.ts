/** Keys and values of records as a person reads them: text as it is, the rest as JSON. */
import { StreamError } from '../base/errors.ts'
import type { Headers } from '../base/headers.ts'
import { materialize } from '../data/lazy.ts'
import type { Format } from '../data/types.ts'
import { textOfPlain } from '../serde/plain-text.ts'
import type { Serde } from '../serde/serde.ts'
import type { RawRecord } from '../workload/consume-topic.ts'
import type { CommandFormats } from './command-formats.ts'

/** How the two sides of a topic are written; absent: as text. */
export interface TopicFormats {
  readonly key?: Format | undefined
  readonly value?: Format | undefined
}

export interface RecordText {
  readonly key: string | null
  readonly value: string | null
  /** What is wrong with a side that could not be read; its text is that of its bytes then. */
  readonly problems: readonly string[]
}

const binaryKinds = new Set(['bytes', 'boolean', 'byte', 'short', 'int', 'long', 'float', 'double'])

export class RecordTexts {
  readonly #formats: CommandFormats
  readonly #key: Serde | undefined
  readonly #value: Serde | undefined
  readonly #signal: AbortSignal

  /** @throws StreamError `CONFIG_INVALID`, `TYPE_INVALID` for formats that cannot be read */
  constructor(formats: CommandFormats, topic: string, { key, value }: TopicFormats, signal: AbortSignal) {
    const serdeOf = (format: Format | undefined, side: 'key' | 'value'): Serde | undefined =>
      format === undefined || isText(format, formats) ? undefined : formats.serde(format, topic, side)
    this.#formats = formats
    this.#key = serdeOf(key, 'key')
    this.#value = serdeOf(value, 'value')
    this.#signal = signal
  }

  /** Waits for the schemas that a record needs, as long as it takes; nothing where they are here. */
  ready({ key, value, headers }: RawRecord): Promise<void> | undefined {
    const needs = (serde: Serde | undefined, bytes: Buffer | null): boolean =>
      bytes !== null && serde?.missing?.(bytes, 0, bytes.length, headers) !== undefined
    // Both are asked for at once.
    const missing = [needs(this.#key, key), needs(this.#value, value)].includes(true)
    return missing ? this.#formats.settled(this.#signal) : undefined
  }

  of({ key, value, headers }: RawRecord): RecordText {
    const problems: string[] = []
    const read = (serde: Serde | undefined, bytes: Buffer | null): string | null => {
      try {
        return textOf(serde, bytes, headers)
      } catch (error) {
        if (!(error instanceof StreamError)) throw error
        problems.push(error.message)
        return textOf(undefined, bytes, headers)
      }
    }
    return { key: read(this.#key, key), value: read(this.#value, value), problems }
  }
}

function isText({ notation, type }: Format, formats: CommandFormats): boolean {
  return !formats.hasSchemas({ notation, type }) && !binaryKinds.has(type.kind)
}

function textOf(serde: Serde | undefined, bytes: Buffer | null, headers: Headers | undefined): string | null {
  if (bytes === null) return null
  if (serde === undefined) return bytes.utf8Slice(0, bytes.length)
  return textOfPlain(printable(materialize(serde.decode(bytes, 0, bytes.length, headers))))
}

/** Bytes are in base64, and what is no JSON number is a word. */
function printable(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(printable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, printable(inner)]))
}
