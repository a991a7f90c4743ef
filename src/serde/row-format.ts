/** The format of rows of a query: how a notation writes these columns. */
import { StreamError } from '../base/errors.ts'
import type { RowFormat } from '../data/row-format.ts'
import type { Column, Format, SchemaSource } from '../data/types.ts'
import { avroSchemaOfColumns } from './avro/made-schema.ts'
import type { NotationType } from '../data/notation-types.ts'
import { languageOf } from './notations.ts'

/**
 * @param schema - absent: one is made of the columns
 * @throws StreamError `SCHEMA_INVALID` where the schema is none, or its values are no rows
 */
export function rowFormat(
  { name, type }: { readonly name: string; readonly type: NotationType },
  columns: readonly Column[],
  schema?: SchemaSource,
): RowFormat {
  const language = languageOf(type)
  if (language === undefined)
    return { format: { notation: name, type: { kind: 'struct' } }, columns, required: new Set() }
  const source = schema ?? { text: avroSchemaOfColumns(columns) }
  const parsed = language.parse(source)
  const { dataType } = parsed
  if (parsed.columns === undefined || dataType.kind !== 'struct') throw noRows()
  const required = (dataType.fields ?? []).filter((field) => field.required).map((field) => field.name)
  return {
    format: { notation: name, type: dataType, source },
    columns: parsed.columns,
    required: new Set(required),
  }
}

/** The columns of values of a schema, and the format that reads them. @throws StreamError `SCHEMA_INVALID` */
export function rowsOfSchema(
  { name, type }: { readonly name: string; readonly type: NotationType },
  source: SchemaSource,
  schema?: string,
): { readonly format: Format; readonly columns: readonly Column[] } {
  const { columns, dataType } = languageOf(type)?.parse(source, schema) ?? {}
  if (columns === undefined || dataType === undefined) throw noRows()
  const named = schema === undefined ? {} : { schema }
  return { format: { notation: name, type: dataType, source, ...named }, columns }
}

function noRows(): StreamError {
  return new StreamError('SCHEMA_INVALID', 'values of the schema have no columns', {
    hint: 'A query needs records: an Avro record, a Protobuf message, a JSON schema of an object.',
  })
}
