/** Schemas that lie beside definitions: which files hold those of a notation, and what they say. */
import type { DataType, SchemaSource } from '../data/types.ts'
import { csvColumns } from './csv/csv-serde.ts'
import type { NotationType } from '../data/notation-types.ts'
import { languageOf } from './notations.ts'
import { readXsd } from './xml/xsd.ts'

const endings: Readonly<Partial<Record<string, string>>> = {
  AVRO: '.avsc',
  PROTOBUF: '.proto',
  JSON: '.json',
}

/** How files with schemas of a notation end; undefined where it has none. */
export function schemaFileEnding(type: NotationType): string | undefined {
  if (type === 'csv') return '.csv'
  if (type === 'xml' || type === 'soap') return '.xsd'
  const language = languageOf(type)
  return language === undefined ? undefined : endings[language.type]
}

/** The type of a schema's values. @throws StreamError `SCHEMA_INVALID` */
export function typeOfSchema(type: NotationType, source: SchemaSource, name: string): DataType {
  const language = languageOf(type)
  if (language !== undefined) return language.parse(source, name).dataType
  if (type !== 'csv') return readXsd(source.text, name).type
  const fields = csvColumns(source.text).map((column) => ({
    name: column,
    type: { kind: 'string' } as const,
    required: false,
  }))
  return { kind: 'struct', name, fields }
}
