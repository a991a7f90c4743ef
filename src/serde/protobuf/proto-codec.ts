/** Values of a Protobuf message to bytes and back, without any framing. */
import type { DescMessage } from '@bufbuild/protobuf'
import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import { SelectedRow } from '../../data/selected-row.ts'
import type { Column } from '../../data/types.ts'
import { decodedRows, placeRow } from '../decoded-rows.ts'
import type { DecodeBytes, EncodeValue } from '../schema-language.ts'
import type { RowReader } from '../serde.ts'
import { compileDecoder, DecoderCompiler } from './compile-decoder.ts'
import { compileEncoder } from './compile-encoder.ts'
import { cellOf } from './data-types.ts'
import { explainMisfit } from './explain-misfit.ts'
import { fieldsOf, type Element } from './fields.ts'
import { ProtoReader } from './proto-reader.ts'
import { Misfit } from '../misfit.ts'
import { ProtoWriter } from './proto-writer.ts'
import { selectedMessage } from './selected-message.ts'

// Neither is entered twice: nothing that they call comes back to a codec.
const sharedReader = new ProtoReader()
const sharedWriter = new ProtoWriter()
const pathShownMax = 200

/** The function throws StreamError `VALUE_MALFORMED`. */
export function protoDecoder(message: DescMessage): DecodeBytes {
  const decode = compileDecoder(message)
  return (buffer, start, end) => {
    sharedReader.begin(buffer, start, end)
    return decode(sharedReader)
  }
}

/** The function throws StreamError `VALUE_TYPE_MISMATCH`, which names the field that does not fit. */
export function protoEncoder(message: DescMessage): EncodeValue {
  const encode = compileEncoder(message)
  const selected = selectedMessage(message)
  return (value, writer) => {
    const plain = value instanceof SelectedRow ? selected(value) : materialize(value)
    const start = writer.length
    sharedWriter.begin(writer)
    try {
      encode(sharedWriter, plain)
    } catch (error) {
      writer.length = start
      throw error instanceof Misfit ? misfitError(message, plain) : error
    }
    sharedWriter.finish()
  }
}

function misfitError(message: DescMessage, value: unknown): StreamError {
  const found = explainMisfit(message, value)
  const path = (found?.path ?? '').replace(/^\./, '')
  const shown = path.length > pathShownMax ? `${path.slice(0, pathShownMax)}…` : path
  const place = path === '' ? 'the value' : `field "${shown}"`
  return new StreamError('VALUE_TYPE_MISMATCH', `${place} does not fit message "${message.typeName}"`, {
    detail: `It does not fit: ${found?.reason ?? 'it is nested too deeply'}.`,
    hint: 'Convert the value, or change the schema.',
  })
}

type FillCells = (reader: ProtoReader, cells: unknown[]) => void

/** Reads only the wanted columns of a message into a row; the rest is passed over. */
export function protoRowReader(message: DescMessage, columns: readonly Column[]): RowReader {
  const fill = compileFill(message, columns)
  const converters = convertersOf(message, columns)
  return decodedRows(columns, {
    decoder: () => protoDecoder(message),
    read: (buffer, start, end, row) => {
      placeRow(row, buffer, start, end)
      sharedReader.begin(buffer, start, end)
      fill(sharedReader, row.cells)
      for (const { index, toCell } of converters) {
        const cell = row.cells[index]
        if (cell !== null) row.cells[index] = toCell(cell)
      }
    },
  })
}

function compileFill(message: DescMessage, columns: readonly Column[]): FillCells {
  const compiler = new DecoderCompiler()
  const fields = fieldsOf(message)
  const names = new Set(columns.map(({ name }) => name))
  const locals = fields.map(
    (field, index) => `let f${index} = ${names.has(field.name) ? compiler.initial(field) : 'null'};`,
  )
  const loop = compiler.loop(fields, ({ name }) => names.has(name))
  const cells = columns.map(({ name }, column) => {
    const index = fields.findIndex((field) => field.name === name)
    return `c[${column}] = ${index < 0 ? 'null' : `f${index}`};`
  })
  return compiler.build(`const g = 0; ${locals.join(' ')} ${loop} ${cells.join(' ')}`, ['c']) as FillCells
}

function convertersOf(message: DescMessage, columns: readonly Column[]) {
  const fields = new Map(fieldsOf(message).map((field) => [field.name, field]))
  return columns.flatMap(({ name }, index) => {
    const field = fields.get(name)
    if (field?.shape !== 'single') return []
    const toCell = cellOf(field.element)?.toCell
    if (isUnsigned64(field.element))
      return [{ index, toCell: (value: unknown) => inBigint(toCell?.(value) ?? value, name) }]
    return toCell === undefined ? [] : [{ index, toCell }]
  })
}

const bigintMax = 2n ** 63n - 1n

function isUnsigned64(element: Element): boolean {
  if (element.kind === 'message') return element.message.typeName === 'google.protobuf.UInt64Value'
  return element.kind === 'scalar' && (element.scalar === 'uint64' || element.scalar === 'fixed64')
}

/** SQL's whole numbers have a sign: the upper half of the unsigned ones would read as NULL. */
function inBigint(value: unknown, column: string): unknown {
  if (typeof value !== 'bigint' || value <= bigintMax) return value
  throw new StreamError('VALUE_MALFORMED', `field "${column}" is beyond BIGINT`, {
    hint: 'Read the topic in a pipeline, whose functions have whole numbers of any size.',
  })
}
