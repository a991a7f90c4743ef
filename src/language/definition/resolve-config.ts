import { parseDurationMs } from '../../base/duration.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { ConfigFields } from './fields/config-fields.ts'
import { notationsOfKafka, type RunnerNotation } from './resolve-notations.ts'

export interface ResolvedConfig {
  readonly kafka: Readonly<Record<string, string>>
  readonly statePath: string | undefined
  readonly groupPrefix: string | undefined
  readonly eventTtlMs: number | undefined
  readonly notations: Readonly<Record<string, RunnerNotation>>
  readonly inputNotation: string | undefined
}

/** A configuration with Kafka's names for its properties. Variables of the environment go before the file. */
export function resolveConfig(
  fields: ConfigFields,
  environment: Readonly<Record<string, string | undefined>>,
  diagnostics: Diagnostics,
): ResolvedConfig {
  const { kafka, state } = fields
  const { consumer } = kafka
  reportUnused(fields, diagnostics)
  return {
    kafka: kafkaProperties(fields, environment),
    statePath: environment['ROCKSDB_PATH'] ?? state?.rocksdb?.path.value,
    groupPrefix: consumer?.group?.value,
    eventTtlMs: ttlOf(environment['STATE_TTL'], fields, diagnostics),
    ...formatsOf(fields, environment, diagnostics),
  }
}

/** The registry serves all notations that have one; `avro` is Confluent's. */
function formatsOf(
  { kafka: { schemaRegistry, useAvro } }: ConfigFields,
  environment: Readonly<Record<string, string | undefined>>,
  diagnostics: Diagnostics,
): Pick<ResolvedConfig, 'notations' | 'inputNotation'> {
  const url =
    environment['KAFKA_SCHEMA_REGISTRY'] ?? environment['SCHEMA_REGISTRY_URL'] ?? schemaRegistry?.value
  const avro = (environment['KAFKA_USE_AVRO'] ?? String(useAvro.value)) === 'true'
  if (avro && url === undefined)
    diagnostics.error('CONFIG_INVALID', 'Avro topics need a schema registry', useAvro.span, {
      hint: 'Add its address: "schemaRegistry: http://localhost:8081".',
    })
  return {
    notations: url === undefined ? {} : notationsOfKafka({ 'schema.registry.url': url }, true),
    inputNotation: avro ? 'avro' : undefined,
  }
}

function ttlOf(
  given: string | undefined,
  { state, at }: ConfigFields,
  diagnostics: Diagnostics,
): number | undefined {
  if (given === undefined) return state?.ttl?.value
  try {
    return parseDurationMs(given)
  } catch (error) {
    diagnostics.addThrown(error, at.span)
    return undefined
  }
}

/** What the file may say and the engine does not do yet. */
function reportUnused(
  { state, engine, emitter, logging, server }: ConfigFields,
  diagnostics: Diagnostics,
): void {
  const checkpoint = state?.rocksdb?.checkpoint
  for (const section of [
    checkpoint?.enabled.value === true ? checkpoint : undefined,
    engine,
    emitter,
    logging,
    server,
  ])
    if (section !== undefined)
      diagnostics.warn('NOT_SUPPORTED', `${section.at.label} has no effect yet`, section.at.span)
}

function kafkaProperties(
  { kafka: { brokers, consumer, producer } }: ConfigFields,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const listed = brokers.flatMap((broker) => (broker === undefined ? [] : [broker.value])).join(',')
  const given: Readonly<Record<string, { readonly value: string | number } | undefined>> = {
    'auto.offset.reset': consumer?.autoOffsetReset,
    'fetch.min.bytes': consumer?.fetchMinBytes,
    'fetch.max.wait.ms': consumer?.fetchMaxWait,
    'max.poll.records': consumer?.maxPollRecords,
    'batch.size': producer?.batchSize,
    'max.request.size': producer?.maxRequestSize,
    'linger.ms': producer?.lingerMs,
    'compression.type': producer?.compression,
  }
  const properties: Record<string, string> = { 'bootstrap.servers': environment['KAFKA_BROKERS'] ?? listed }
  for (const [name, field] of Object.entries(given))
    if (field !== undefined) properties[name] = String(field.value)
  return properties
}
