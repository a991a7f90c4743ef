/** JSON of schemas, whose numbers are printed as they were written: `1.0` stays `1.0`, and no digit of a long one is lost. */
import { StreamError } from '../../base/errors.ts'
import type { SchemaType } from '../contracts.ts'

/** A number as it was written. `JSON.stringify` prints it so. */
interface RawNumber {
  readonly rawJSON: string
}

interface RawJson {
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}

const raw = JSON as unknown as RawJson

/** @throws StreamError `SCHEMA_INVALID` */
export function parseExactJson(text: string, type: SchemaType): unknown {
  try {
    return JSON.parse(text, (_name: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' && context?.source !== undefined ? raw.rawJSON(context.source) : value,
    )
  } catch (error) {
    throw schemaInvalid(type, `It is no JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

export function schemaInvalid(type: SchemaType, detail: string): StreamError {
  const name = { AVRO: 'Avro', PROTOBUF: 'Protobuf', JSON: 'JSON' }[type]
  return new StreamError('SCHEMA_INVALID', `the ${name} schema is not valid`, { detail })
}

export function isRawNumber(value: unknown): value is RawNumber {
  return raw.isRawJSON(value)
}

/** The number that such a value means; undefined for everything else. */
export function numberOf(value: unknown): number | undefined {
  return isRawNumber(value) ? Number(value.rawJSON) : undefined
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
}
