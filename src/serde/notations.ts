import { avroLanguage } from './avro/avro-language.ts'
import { jsonSchemaLanguage } from './json-schema/json-schema-language.ts'
import { protoLanguage } from './protobuf/proto-language.ts'
import type { SchemaLanguage } from './schema-language.ts'

/** What a notation can be; the names of those that are always there are the same words. */
export const notationTypes = [
  'json',
  'binary',
  'csv',
  'xml',
  'soap',
  'avro',
  'confluent_avro',
  'apicurio_avro',
  'jsonschema',
  'confluent_jsonschema',
  'apicurio_jsonschema',
  'protobuf',
  'confluent_protobuf',
  'apicurio_protobuf',
] as const

export type NotationType = (typeof notationTypes)[number]

const languages: Readonly<Partial<Record<NotationType, SchemaLanguage>>> = {
  avro: avroLanguage,
  confluent_avro: avroLanguage,
  apicurio_avro: avroLanguage,
  jsonschema: jsonSchemaLanguage,
  confluent_jsonschema: jsonSchemaLanguage,
  apicurio_jsonschema: jsonSchemaLanguage,
  protobuf: protoLanguage,
  confluent_protobuf: protoLanguage,
  apicurio_protobuf: protoLanguage,
}

/** The language of a notation's schemas; undefined where values need none, or one that is no registry's. */
export function languageOf(type: string): SchemaLanguage | undefined {
  return languages[type as NotationType]
}
