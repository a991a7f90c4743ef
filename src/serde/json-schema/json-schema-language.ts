/** JSON whose values a schema describes: drafts 4 to 2020-12, checked by `ajv`, compiled once a schema. */
import { createRequire } from 'node:module'
import type * as ajv from 'ajv'
import type * as ajv2019 from 'ajv/dist/2019.js'
import type * as ajv2020 from 'ajv/dist/2020.js'
import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import { SelectedRow } from '../../data/selected-row.ts'
import type { Column, DataType, SchemaSource } from '../../data/types.ts'
import { canonicalBytes } from '../json/canonical.ts'
import { jsonKeySerde } from '../json/json-key-serde.ts'
import { jsonSerde } from '../json/json-serde.ts'
import { notJson } from '../json/schema-json.ts'
import type { ParsedSchema, SchemaLanguage } from '../schema-language.ts'
import type { RowReader } from '../serde.ts'
import { typeOfJsonSchema } from './data-types.ts'

type Json = Readonly<Record<string, unknown>>

/** JSON text of values that fit the schema. */
export const jsonSchemaLanguage: SchemaLanguage = {
  type: 'JSON',
  parse: (source) => parsedJsonSchema(source),
  canonicalKey: canonicalBytes,
}

function parsedJsonSchema(source: SchemaSource): ParsedSchema {
  const schema = parseText(source.text)
  const references = new Map((source.references ?? []).map(({ name, text }) => [name, parseText(text)]))
  const validate = compile(schema, references)
  const dataType = typeOfJsonSchema(schema, references)
  const [json, keys] = [jsonSerde(false), jsonKeySerde(false)]
  return {
    recordName: typeof schema['title'] === 'string' ? schema['title'] : undefined,
    dataType,
    columns: columnsOf(dataType),
    // A value is read as it was written, whichever schema the reader has: JSON needs none to be read.
    decoder: () => (buffer, start, end) => {
      const value = materialize(json.decode(buffer, start, end, undefined))
      if (!accepts(validate, value)) throw misfit('VALUE_MALFORMED', validate)
      return value
    },
    rowReader: (_reader, _frame, columns) => validatedRows(json.project?.(columns), validate),
    encoder: (side) => (value, writer) => {
      const plain = value instanceof SelectedRow ? value.materialize() : materialize(value)
      if (!accepts(validate, plain)) throw misfit('VALUE_TYPE_MISMATCH', validate)
      const serde = side === 'key' ? keys : json
      serde.encode(value instanceof SelectedRow ? value : plain, writer, undefined)
    },
  }
}

/** The validator knows no bigint: whole numbers beyond 2^53 are checked as the doubles next to them. */
function accepts(validate: ajv.ValidateFunction, value: unknown): boolean {
  return validate(value) || (hasBigint(value) && validate(withDoubles(value)))
}

function hasBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBigint)
}

function withDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withDoubles)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withDoubles(inner)]))
}

/** Columns are read without the rest, but a value that does not fit is refused whichever way it is read. */
function validatedRows(rows: RowReader | undefined, validate: ajv.ValidateFunction): RowReader {
  if (rows === undefined) throw new StreamError('INVARIANT_BROKEN', 'JSON has rows')
  return {
    shape: rows.shape,
    read: (buffer, start, end, row) => {
      rows.read(buffer, start, end, row)
      // The row may be another reader's, which looks for a frame before the value.
      const whole = rows.shape.decodeAll(buffer, start, end)
      if (!accepts(validate, whole)) throw misfit('VALUE_MALFORMED', validate)
    },
  }
}

function columnsOf(type: DataType): readonly Column[] | undefined {
  return type.kind === 'struct' && type.fields !== undefined
    ? type.fields.map(({ name, type }) => ({ name, type: type.kind === 'enum' ? { kind: 'string' } : type }))
    : undefined
}

const requirePackage = createRequire(import.meta.url)

/** Read when the first schema asks for it: a hundred modules, which every start would pay for. */
function validatorOf(dialect: string): typeof ajv.Ajv {
  if (dialect.includes('2020-12')) {
    const { Ajv2020 } = requirePackage('ajv/dist/2020.js') as typeof ajv2020
    return Ajv2020
  }
  if (dialect.includes('2019-09')) {
    const { Ajv2019 } = requirePackage('ajv/dist/2019.js') as typeof ajv2019
    return Ajv2019
  }
  return (requirePackage('ajv') as typeof ajv).Ajv
}

function compile(schema: Json, references: ReadonlyMap<string, Json>): ajv.ValidateFunction {
  const dialect = typeof schema['$schema'] === 'string' ? schema['$schema'] : ''
  const options = { strict: false, allErrors: false, validateFormats: false, logger: false } as const
  const validator = new (validatorOf(dialect))(options)
  const main = withoutDialect(schema)
  try {
    for (const [name, reference] of references)
      validator.addSchema(withoutDialect(reference), addressOf(name, main['$id']))
    return validator.compile(main)
  } catch (error) {
    throw new StreamError('SCHEMA_INVALID', 'a JSON Schema is not valid', {
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

/** What a schema calls another by is read from where its own id is, as a link in a document. */
function addressOf(name: string, id: unknown): string {
  return typeof id === 'string' && URL.canParse(name, id) ? new URL(name, id).href : name
}

/** Drafts 4 and 6 differ from 7 in little that a validator cannot take as it is; their own meta-schemas are not carried. */
function withoutDialect({ $schema: dialect, id, ...schema }: Json): Json {
  const kept = typeof dialect === 'string' && /2019-09|2020-12/.test(dialect) ? { $schema: dialect } : {}
  return {
    ...kept,
    ...(typeof id === 'string' && schema['$id'] === undefined ? { $id: id } : id === undefined ? {} : { id }),
    ...draft4(schema),
  }
}

/** Draft 4 has limits that exclude as flags. */
function draft4(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = value as Record<string, unknown>
    return {
      ...rest,
      ...limit('Minimum', minimum, exclusiveMinimum),
      ...limit('Maximum', maximum, exclusiveMaximum),
    }
  }) as Json
}

function limit(side: 'Minimum' | 'Maximum', inclusive: unknown, exclusive: unknown): Json {
  if (exclusive === true) return { [`exclusive${side}`]: inclusive }
  return {
    ...(inclusive === undefined ? {} : { [side.toLowerCase()]: inclusive }),
    ...(exclusive === undefined || exclusive === false ? {} : { [`exclusive${side}`]: exclusive }),
  }
}

function parseText(text: string): Json {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw notJson('a JSON Schema', text, error)
  }
  if (parsed === true) return {}
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json
  throw new StreamError('SCHEMA_INVALID', 'a JSON Schema is an object')
}

function misfit(
  code: 'VALUE_MALFORMED' | 'VALUE_TYPE_MISMATCH',
  { errors }: ajv.ValidateFunction,
): StreamError {
  const [first] = errors ?? []
  const place = (first?.instancePath ?? '') === '' ? 'the value' : `the value at "${first?.instancePath}"`
  return new StreamError(code, `${place} does not fit the JSON Schema`, {
    detail: `It ${first?.message ?? 'does not fit'} (${first?.schemaPath ?? ''}).`,
  })
}
