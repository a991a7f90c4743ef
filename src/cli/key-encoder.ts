/** Writes a field of a row of JSON as the record key, in the type that the topic's keys have. */
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { Header } from '../base/headers.ts'
import { SlicedRow } from '../data/row.ts'
import { describeFormat } from '../data/type-strings.ts'
import type { DataType, Format } from '../data/types.ts'
import type { EncodeRow } from '../workload/produce-records.ts'
import type { CommandFormats } from './command-formats.ts'
import { jsonCell, jsonReader } from './json-cells.ts'

export interface KeyField {
  readonly topic: string
  readonly format: Format
  /** The field of the row that is the key. */
  readonly field: string
}

/**
 * Waits until the schema is where it has to be. What it gives throws StreamError `VALUE_TYPE_MISMATCH` for a key that does not fit.
 *
 * @returns undefined where keys are text, which needs no encoding
 * @throws StreamError what the registry refused; `CONFIG_INVALID`, `TYPE_INVALID`
 */
export async function openKeyEncoder(
  formats: CommandFormats,
  { topic, format, field }: KeyField,
  signal: AbortSignal,
): Promise<EncodeRow | undefined> {
  const schema = formats.hasSchemas(format)
  if (format.type.kind === 'string' && !schema) return undefined
  const serde = formats.serde(format, topic, 'key')
  serde.prepare?.()
  await formats.settled(signal)
  const reader = jsonReader([{ name: field }])
  const row = new SlicedRow(reader.shape)
  const cell = jsonCell({ name: field, type: schema ? { kind: 'any' } : cellType(format.type) }, 0)
  const bytes = new ByteWriter()
  return (json, writer) => {
    bytes.reset()
    bytes.writeUtf8(json)
    reader.read(bytes.buffer, 0, bytes.length, row)
    const value = cell(row)
    if (value === null) throw misfit(field, format)
    const headers: Header[] = []
    try {
      serde.encode(value, writer, headers)
    } catch (error) {
      throw error instanceof StreamError ? misfit(field, format, error) : error
    }
    return headers.length === 0 ? undefined : headers
  }
}

/** Members of these are told apart by the format itself. */
function cellType(type: DataType): DataType {
  return type.kind === 'enum' || type.kind === 'union' ? { kind: 'any' } : type
}

function misfit(field: string, format: Format, cause?: StreamError): StreamError {
  return new StreamError(
    'VALUE_TYPE_MISMATCH',
    `field "${field}" does not fit the type of the topic's keys`,
    {
      detail: `Keys are of type ${describeFormat(format)}.`,
      hint: 'Change the value, take another field as key, or declare the type of key that the data has.',
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
