/** Reads only the wanted columns of a record into a row; the rest is passed over, checked as a whole decode checks it. */
import type { Column } from '../../data/types.ts'
import { StreamError } from '../../base/errors.ts'
import { decodedRows, placeRow } from '../decoded-rows.ts'
import type { RowReader } from '../serde.ts'
import { avroDecoder, avroReaderAt } from './avro-codec.ts'
import type { AvroReader } from './avro-reader.ts'
import type { AvroRecord, AvroType } from './avro-type.ts'
import { avroToCell } from './cells.ts'
import { DecoderCompiler } from './compile-decoder.ts'
import { readerField } from './match-types.ts'

type FillCells = (
  reader: AvroReader,
  cells: unknown[],
  convert: readonly ((value: unknown) => unknown)[],
) => void

/**
 * @param reader - the schema that the columns were made of
 * @throws StreamError `SCHEMA_INCOMPATIBLE`; `VALUE_MALFORMED` where a schema is no record
 */
export function avroRowReader(writer: AvroType, reader: AvroType, columns: readonly Column[]): RowReader {
  if (writer.kind !== 'record' || reader.kind !== 'record')
    throw new StreamError('VALUE_MALFORMED', 'value is no Avro record, and has no columns')
  const { fill, converters } = compileFill(writer, reader, columns)
  return decodedRows(columns, {
    decoder: () => avroDecoder(writer, reader),
    read: (buffer, start, end, row) => {
      placeRow(row, buffer, start, end)
      const at = avroReaderAt(buffer, start, end)
      fill(at, row.cells, converters)
      at.finish()
    },
  })
}

function compileFill(writer: AvroRecord, reader: AvroRecord, columns: readonly Column[]) {
  const compiler = new DecoderCompiler()
  const converters: ((value: unknown) => unknown)[] = []
  const filled = new Set<number>()
  const set = (column: number, type: AvroType, expression: string): string => {
    filled.add(column)
    const convert = avroToCell(type)
    if (convert === undefined) return `c[${column}] = ${expression};`
    converters.push(convert)
    return `{ const v = ${expression}; c[${column}] = v === null ? null : f[${converters.length - 1}](v); }`
  }
  const statements = writer.fields.map((field) => {
    const target = readerField(reader, field)
    const column = target === undefined ? -1 : columns.findIndex(({ name }) => name === target.name)
    if (target === undefined || column < 0 || filled.has(column)) return compiler.skip(field.type)
    return set(column, target.type, compiler.read(field.type, target.type, `.${target.name}`))
  })
  const missing = columns.map(({ name }, column) => {
    if (filled.has(column)) return ''
    const field = reader.fields.find((candidate) => candidate.name === name)
    return field === undefined
      ? `c[${column}] = null;`
      : set(column, field.type, compiler.fallback(field, ''))
  })
  const fill = compiler.build([...statements, ...missing].join(' '), ['c', 'f']) as FillCells
  return { fill, converters }
}
