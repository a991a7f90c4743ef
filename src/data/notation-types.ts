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

/** Whether values of such a notation have a schema, in a file or in a registry. */
export function hasSchema(type: string): boolean {
  return /(?:avro|jsonschema|protobuf)$/.test(type)
}

/** By the type of the notation where it says it, else by whose address there is. */
export function kindOfRegistry({
  type,
  config,
}: {
  readonly type: string
  readonly config: Readonly<Record<string, string>>
}): 'confluent' | 'apicurio' | undefined {
  if (type.startsWith('confluent_')) return 'confluent'
  if (type.startsWith('apicurio_')) return 'apicurio'
  if (config['schema.registry.url'] !== undefined) return 'confluent'
  return config['apicurio.registry.url'] === undefined ? undefined : 'apicurio'
}
