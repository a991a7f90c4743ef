/**
 * What Kafka's properties in a configuration file mean for an application. One row a property; what has no row is named to the user,
 * so that nobody relies on a property that does nothing.
 */
import { StreamError } from '../../base/errors.ts'
import type { ApplicationOptions, ApplicationSettings } from '../../runtime/options.ts'
import type { OffsetReset } from '../../topology/topology.ts'
import { securityProperties } from './kafka-security.ts'

type Writable<T> = { -readonly [K in keyof T]?: T[K] }

/** Settings as they are gathered. */
export type DraftSettings = Writable<
  Omit<ApplicationSettings, 'applicationId' | 'kafka' | 'identity' | 'producer' | 'bounds'>
> & {
  readonly producer: Writable<ApplicationOptions['producer']>
  readonly bounds: Writable<ApplicationOptions['bounds']>
}

export interface AppliedProperties {
  readonly settings: DraftSettings
  /** Names of properties that have no effect. */
  readonly unsupported: readonly string[]
}

/** Puts a value into the draft; a text says what it should have been. */
type Apply = (draft: DraftSettings, value: string) => string | undefined

/** Read elsewhere: by whoever names the application, connects, and finds the state. */
const elsewhere: ReadonlySet<string> = new Set([
  'application.id',
  'bootstrap.servers',
  'state.dir',
  'topology.optimization',
  ...securityProperties,
])
/** Read by whoever opens the schema registries that the file names. */
const ofRegistries =
  /^(schema\.registry\.|apicurio\.|basic\.auth\.|bearer\.auth\.|auto\.register\.schemas|use\.(latest|schema)|(key|value)\.(subject|schema))/

const rows: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ['processing.guarantee', guarantee],
  ['num.stream.threads', whole((draft, value) => (draft.threads = value), 1)],
  ['commit.interval.ms', whole((draft, value) => (draft.commitIntervalMs = value))],
  ['replication.factor', whole((draft, value) => (draft.replicationFactor = value), -1)],
  ['max.task.idle.ms', whole((draft, value) => (draft.maxTaskIdleMs = value), -1)],
  ['repartition.purge.interval.ms', whole((draft, value) => (draft.purgeIntervalMs = value), 1)],
  ['state.cleanup.delay.ms', whole((draft, value) => (draft.stateCleanupDelayMs = value), 1)],
  ['auto.offset.reset', offsetReset],
  ['session.timeout.ms', whole((draft, value) => (draft.sessionTimeoutMs = value), 1)],
  ['heartbeat.interval.ms', whole((draft, value) => (draft.heartbeatMs = value), 1)],
  ['max.poll.interval.ms', whole((draft, value) => (draft.rebalanceTimeoutMs = value), 1)],
  ['request.timeout.ms', whole((draft, value) => (draft.requestTimeoutMs = value), 1)],
  ['metadata.max.age.ms', whole((draft, value) => (draft.metadataMaxAgeMs = value), 1)],
  ['fetch.max.wait.ms', whole((draft, value) => (draft.fetchMaxWaitMs = value))],
  ['fetch.max.bytes', whole((draft, value) => (draft.fetchMaxBytes = value), 1)],
  ['max.partition.fetch.bytes', whole((draft, value) => (draft.fetchMaxPartitionBytes = value), 1)],
  ['transaction.timeout.ms', whole((draft, value) => (draft.transactionTimeoutMs = value), 1)],
  ['linger.ms', whole((draft, value) => (draft.producer.lingerMs = value))],
  ['batch.size', whole((draft, value) => (draft.producer.batchBytes = value), 1)],
  ['max.request.size', whole((draft, value) => (draft.producer.maxRequestBytes = value), 1)],
  ['delivery.timeout.ms', whole((draft, value) => (draft.producer.deliveryTimeoutMs = value), 1)],
  ['buffer.memory', whole((draft, value) => (draft.bounds.producerBytes = value), 1)],
  ['compression.type', compression],
])

const bearer = 'org.apache.kafka.common.security.oauthbearer'

/** Values that say what is the case anyway. */
const fulfilled: ReadonlyMap<string, readonly string[]> = new Map([
  ['acks', ['all', '-1']],
  ['enable.idempotence', ['true']],
  ['enable.auto.commit', ['false']],
  ['allow.auto.create.topics', ['false']],
  ['ssl.protocol', ['TLS', 'TLSv1.3']],
  ['ssl.enabled.protocols', ['TLSv1.2,TLSv1.3', 'TLSv1.3,TLSv1.2']],
  [
    'sasl.login.callback.handler.class',
    [`${bearer}.OAuthBearerLoginCallbackHandler`, `${bearer}.secured.OAuthBearerLoginCallbackHandler`],
  ],
])

/** Kafka Streams passes a property on to its consumer or producer where this stands before it. */
const prefixes = /^(main\.consumer|consumer|producer)\./

/**
 * Reads properties by Kafka's names; those with a prefix win over those without, as in Kafka Streams.
 *
 * @throws StreamError `CONFIG_INVALID` with all values that cannot be read
 */
export function applyProperties(properties: Readonly<Record<string, string>>): AppliedProperties {
  const settings: DraftSettings = { producer: {}, bounds: {} }
  const unsupported: string[] = []
  const problems: string[] = []
  const entries = Object.entries(properties).filter(
    ([name]) => !elsewhere.has(name) && !ofRegistries.test(name),
  )
  for (const [name, given] of entries.toSorted(
    ([a], [b]) => Number(prefixes.test(a)) - Number(prefixes.test(b)),
  )) {
    const plain = name.replace(prefixes, '')
    const value = given.trim()
    const apply = rows.get(plain)
    const wanted = apply?.(settings, value)
    if (wanted !== undefined) problems.push(`"${name}" is not ${wanted}: "${value}".`)
    if (apply === undefined && fulfilled.get(plain)?.includes(value) !== true) unsupported.push(name)
  }
  if (problems.length > 0)
    throw new StreamError('CONFIG_INVALID', 'could not read the properties for Kafka', {
      detail: problems.join('\n'),
      hint: 'Correct them in the configuration file.',
    })
  return { settings, unsupported }
}

function whole(put: (draft: DraftSettings, value: number) => unknown, min = 0): Apply {
  return (draft, text) => {
    const value = Number(text)
    if (text === '' || !Number.isSafeInteger(value) || value < min) return `a whole number from ${min} on`
    put(draft, value)
    return undefined
  }
}

function guarantee(draft: DraftSettings, value: string): string | undefined {
  const known = {
    exactly_once_v2: 'exactly_once_v2',
    exactly_once: 'exactly_once_v2',
    at_least_once: 'at_least_once',
  } as const
  if (!Object.hasOwn(known, value)) return '"exactly_once_v2" or "at_least_once"'
  draft.guarantee = known[value as keyof typeof known]
  return undefined
}

function offsetReset(draft: DraftSettings, value: string): string | undefined {
  const policy = value.toLowerCase()
  if (!/^(earliest|latest|none|by_duration:.+)$/.test(policy))
    return '"earliest", "latest", "none" or "by_duration:…"'
  const duration = value.slice('by_duration:'.length)
  // The expression is the type's own.
  draft.offsetReset = (policy.startsWith('by_') ? `by_duration:${duration}` : policy) as OffsetReset
  return undefined
}

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

function compression(draft: DraftSettings, value: string): string | undefined {
  const codec = codecs.find((known) => known === value)
  if (codec === undefined) return `one of ${codecs.join(', ')}`
  draft.producer.compression = codec
  return undefined
}
