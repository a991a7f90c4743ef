import type { SchemaType } from '../contracts.ts'

const jsonSchemaTypes: ReadonlySet<unknown> = new Set(['object', 'integer', 'number'])

/**
 * The type of a schema whose registry does not say it. What is no JSON is Protobuf; of objects that could be both, such as
 * `{"type":"string"}`, Avro is assumed.
 */
export function guessType(text: string): SchemaType {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'PROTOBUF'
  }
  if (typeof value === 'boolean') return 'JSON'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'AVRO'
  const { type, $schema } = value as { readonly type?: unknown; readonly $schema?: unknown }
  return $schema !== undefined || type === undefined || jsonSchemaTypes.has(type) ? 'JSON' : 'AVRO'
}
