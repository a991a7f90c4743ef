/** The notations of a runner file, each with the properties of its registry and its own. */
import { suggest, type Diagnostics } from '../diagnostic.ts'
import { kindOfRegistry, type NotationType } from '../../data/notation-types.ts'
import type { KsmlFields } from './fields/runner-fields.ts'

export interface RunnerNotation {
  readonly type: NotationType
  readonly config: Readonly<Record<string, string>>
}

const registryTypes = {
  'schema.registry.url': ['confluent_avro', 'confluent_jsonschema', 'confluent_protobuf'],
  'apicurio.registry.url': ['apicurio_avro', 'apicurio_jsonschema', 'apicurio_protobuf'],
} as const

/**
 * @param kafka - properties that serve notations which the file does not configure, as in KSML; without any notation of its own `avro` is
 *   Confluent's too
 */
export function resolveNotations(
  { notations = [], schemaRegistries = [] }: Pick<KsmlFields, 'notations' | 'schemaRegistries'>,
  kafka: Readonly<Record<string, string>>,
  diagnostics: Diagnostics,
): Readonly<Record<string, RunnerNotation>> {
  const resolved: Record<string, RunnerNotation> = notationsOfKafka(kafka, notations.length === 0)
  const registries = new Map(schemaRegistries.map(({ name, value }) => [name, propertiesOf(value?.config)]))
  for (const { name, value } of notations) {
    if (value === undefined) continue
    const { schemaRegistry: registry } = value
    if (registry !== undefined && !registries.has(registry.value))
      diagnostics.error('NAME_NOT_FOUND', `there is no schema registry "${registry.value}"`, registry.span, {
        hint: suggest(registry.value, [...registries.keys()], 'schema registries'),
      })
    const config = { ...registries.get(registry?.value ?? ''), ...propertiesOf(value.config) }
    resolved[name] = withDefaults(value.type.value, config)
  }
  return resolved
}

/**
 * The notations that properties of the Kafka section make.
 *
 * @param alone - whether there are no others: then `avro` is Confluent's
 */
export function notationsOfKafka(
  kafka: Readonly<Record<string, string>>,
  alone: boolean,
): Record<string, RunnerNotation> {
  const resolved: Record<string, RunnerNotation> = {}
  for (const [property, types] of Object.entries(registryTypes)) {
    if (kafka[property] === undefined) continue
    for (const type of types) resolved[type] = withDefaults(type, kafka)
  }
  if (alone && kafka['schema.registry.url'] !== undefined)
    resolved['avro'] = { type: 'confluent_avro', config: kafka }
  return resolved
}

/** KSML writes with the newest schema of an Apicurio registry, whichever type of notation has one. */
function withDefaults(type: NotationType, config: RunnerNotation['config']): RunnerNotation {
  const latest =
    kindOfRegistry({ type, config }) === 'apicurio' ? { 'apicurio.registry.find-latest': 'true' } : {}
  return { type, config: { ...latest, ...config } }
}

type Properties = NonNullable<NonNullable<KsmlFields['notations']>[number]['value']>['config']

function propertiesOf(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    (properties ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value.value]])),
  )
}
