/** Values that are one line of CSV. The schema is a line too: the names of the columns. All columns are text. */
import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import type { Format } from '../../data/types.ts'
import { decodeText } from '../text.ts'
import { textOfPlain } from '../plain-text.ts'
import type { Serde } from '../serde.ts'
import { readCsvRecord, writeCsvRecord, type CsvStyle } from './csv-text.ts'

export interface CsvOptions extends CsvStyle {
  /** Whether each value begins with a line of names, which then goes before the schema's. */
  readonly header: boolean
}

/** @throws StreamError `CONFIG_INVALID` */
export function csvOptions(config: Readonly<Record<string, string>>): CsvOptions {
  const character = (name: string, otherwise: string): string => {
    const given = config[name]?.replace('\\t', '\t') ?? otherwise
    if (given.length === 1) return given
    throw new StreamError('CONFIG_INVALID', `"${name}" of a csv notation is not one character`, {
      hint: `Write, for example, ${name}: "${otherwise}".`,
    })
  }
  return {
    separator: character('separator', ','),
    quote: character('quote', '"'),
    header: config['header'] === 'true',
  }
}

/** Schemas are written one way, whatever values look like. */
const schemaStyle: CsvStyle = { separator: ',', quote: '"' }

/** The names of the columns of a schema. @throws StreamError `SCHEMA_INVALID` */
export function csvColumns(text: string): readonly string[] {
  const names = readCsvRecord(text, schemaStyle).fields.map((name) => name.trim())
  if (names.length > 0 && new Set(names).size === names.length && !names.includes('')) return names
  throw new StreamError('SCHEMA_INVALID', 'a CSV schema is not a line of names, each once', {
    hint: 'Write the header of the file, for example "id,name,city".',
  })
}

export function csvSerde({ source }: Format, options: CsvOptions): Serde {
  const names = source === undefined ? undefined : csvColumns(source.text)
  return {
    decode: (buffer, start, end) => readCsv(decodeText(buffer, start, end), names, options),
    encode: (value, writer) => writer.writeUtf8(writeCsv(materialize(value), names, options)),
  }
}

/** A struct by the names of the columns, or a list where nobody names them. */
export function readCsv(text: string, names: readonly string[] | undefined, options: CsvOptions): unknown {
  const header = options.header ? readCsvRecord(text, options) : undefined
  const { fields } = readCsvRecord(text, options, header?.end ?? 0)
  const columns = header?.fields ?? names
  if (columns === undefined) return fields
  // A line that is short lacks its last columns, one that is long has more than the schema knows.
  const struct: Record<string, string> = {}
  columns.forEach((name, index) => {
    Object.defineProperty(struct, name, {
      value: fields[index] ?? '',
      writable: true,
      enumerable: true,
      configurable: true,
    })
  })
  return names === undefined ? struct : Object.fromEntries(names.map((name) => [name, struct[name] ?? '']))
}

/** A list as it is, without names, which it does not have; a struct in the order of the schema, or of its names where there is none. */
export function writeCsv(value: unknown, names: readonly string[] | undefined, options: CsvOptions): string {
  if (Array.isArray(value)) return writeCsvRecord(value.map(cellText), options)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value))
    throw new StreamError('VALUE_TYPE_MISMATCH', 'only structs and lists can be written as CSV', {
      hint: 'Convert the value before.',
    })
  const struct = value as Readonly<Record<string, unknown>>
  const columns = names ?? Object.keys(struct).toSorted()
  const line = writeCsvRecord(
    columns.map((name) => cellText(struct[name])),
    options,
  )
  return options.header ? `${writeCsvRecord(columns, options)}\n${line}` : line
}

function cellText(cell: unknown): string {
  return cell === null || cell === undefined ? '' : textOfPlain(cell)
}
