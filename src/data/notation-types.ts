/** What a notation can be; the names of those that are always there are the same words. */
export const notationTypes = [
  'avro',
  'confluent_avro',
  'apicurio_avro',
  'jsonschema',
  'confluent_jsonschema',
  'apicurio_jsonschema',
  'protobuf',
  'confluent_protobuf',
  'apicurio_protobuf',
  'csv',
  'xml',
  'soap',
  'json',
  'binary',
] as const

export type NotationType = (typeof notationTypes)[number]
