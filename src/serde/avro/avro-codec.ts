/** Values of an Avro schema to bytes and back, without any framing: the room's own door. */
import type { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import { SelectedRow } from '../../data/selected-row.ts'
import { SlicedRow } from '../../data/row.ts'
import { materialize } from '../../data/lazy.ts'
import { AvroReader } from './avro-reader.ts'
import type { AvroType } from './avro-type.ts'
import { Misfit } from '../misfit.ts'
import { AvroWriter } from './avro-writer.ts'
import { compileDecoder } from './compile-decoder.ts'
import { compileEncoder } from './compile-encoder.ts'
import { explainMisfit } from './fits.ts'
import { selectedRecord } from './selected-record.ts'

// Neither is entered twice: nothing that they call comes back to a codec.
const sharedReader = new AvroReader()
const sharedWriter = new AvroWriter()

export type DecodeBytes = (buffer: Buffer, start: number, end: number) => unknown

/**
 * @param reader - the schema that values are wanted in; where it is the writer's, nothing is resolved
 * @throws StreamError `SCHEMA_INCOMPATIBLE`; the function then throws `VALUE_MALFORMED`, and that for single branches of unions
 */
export function avroDecoder(writer: AvroType, reader: AvroType = writer): DecodeBytes {
  const decode = compileDecoder(writer, reader)
  return (buffer, start, end) => {
    sharedReader.begin(buffer, start, end)
    const value = decode(sharedReader)
    sharedReader.finish()
    return value
  }
}

/** The reader that generated code of this folder works on, set to a value. */
export function avroReaderAt(buffer: Buffer, start: number, end: number): AvroReader {
  sharedReader.begin(buffer, start, end)
  return sharedReader
}

export type EncodeValue = (value: unknown, writer: ByteWriter) => void

/** The function throws StreamError `VALUE_TYPE_MISMATCH`, which names the field that does not fit. */
export function avroEncoder(type: AvroType): EncodeValue {
  const encode = compileEncoder(type)
  const selected = selectedRecord(type)
  return (value, writer) => {
    const plain =
      value instanceof SelectedRow
        ? selected(value)
        : value instanceof SlicedRow
          ? value.materialize()
          : materialize(value)
    const start = writer.length
    sharedWriter.begin(writer)
    try {
      encode(sharedWriter, plain)
    } catch (error) {
      writer.length = start
      throw error instanceof Misfit ? misfitError(type, plain) : error
    }
    sharedWriter.finish()
  }
}

const pathShownMax = 200

function misfitError(type: AvroType, value: unknown): StreamError {
  const found = explainMisfit(type, value)
  const path = (found?.path ?? '').replace(/^\./, '')
  const shown = path.length > pathShownMax ? `${path.slice(0, pathShownMax)}…` : path
  const place = path === '' ? 'the value' : `field "${shown}"`
  return new StreamError('VALUE_TYPE_MISMATCH', `${place} does not fit the Avro schema`, {
    detail: `It does not fit: ${found?.reason ?? 'it is nested too deeply'}.`,
    hint: 'Convert the value, or change the schema.',
  })
}
