import type { NotationType } from '../data/notation-types.ts'
import { avroLanguage } from './avro/avro-language.ts'
import { jsonSchemaLanguage } from './json-schema/json-schema-language.ts'
import { protoLanguage } from './protobuf/proto-language.ts'
import type { SchemaLanguage } from './schema-language.ts'

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
