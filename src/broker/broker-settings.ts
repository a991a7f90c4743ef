/**
 * The settings of a broker by the names that Apache Kafka has for them: what `weft broker --set` takes and what DescribeConfigs tells of a
 * broker.
 */
import { StreamError } from '../base/errors.ts'
import { brokerDefaults, type BrokerConfig } from './broker-config.ts'
import { topicSettingsBeneath } from './topics/names-beneath.ts'
import { factsOf, problemOf, type ConfigRules } from './topics/topic-configs.ts'

/** What a setting is kept as: a text as the principals in it. */
type Value = number | boolean | readonly string[]

/** Where a setting is kept. */
type Kept = {
  readonly [K in keyof BrokerConfig]: BrokerConfig[K] extends Value ? K : never
}[keyof BrokerConfig]

interface BrokerSetting extends ConfigRules {
  readonly key: Kept
  /** Milliseconds of its unit, where that is another. */
  readonly factorMs?: number
}

/** Timers of the system are no longer. */
const timerMsMax = 2_147_483_647

/** By name. */
export const brokerSettings: Readonly<Record<string, BrokerSetting>> = {
  'allow.everyone.if.no.acl.found': { key: 'allowEveryoneIfNoAclFound', type: 'boolean' },
  'auto.create.topics.enable': { key: 'autoCreateTopics', type: 'boolean' },
  'connections.max.idle.ms': { key: 'connectionsIdleMaxMs', type: 'long', min: 1, max: timerMsMax },
  'connections.max.reauth.ms': { key: 'saslSessionLifetimeMs', type: 'long', min: 0 },
  'fetch.max.bytes': { key: 'fetchBytesMax', type: 'int', min: 1024 },
  'group.consumer.heartbeat.interval.ms': { key: 'consumerGroupHeartbeatIntervalMs', type: 'int', min: 1 },
  'group.consumer.session.timeout.ms': { key: 'consumerGroupSessionTimeoutMs', type: 'int', min: 1 },
  'group.initial.rebalance.delay.ms': { key: 'groupInitialRebalanceDelayMs', type: 'int', min: 0 },
  'group.max.session.timeout.ms': { key: 'groupSessionTimeoutMaxMs', type: 'int', min: 1 },
  'group.max.size': { key: 'groupSizeMax', type: 'int', min: 1 },
  'group.min.session.timeout.ms': { key: 'groupSessionTimeoutMinMs', type: 'int', min: 1 },
  'log.cleaner.backoff.ms': { key: 'compactionRestMs', type: 'long', min: 0, max: timerMsMax },
  'log.retention.check.interval.ms': { key: 'retentionCheckMs', type: 'long', min: 1, max: timerMsMax },
  'max.connections': { key: 'connectionsMax', type: 'int', min: 0 },
  'max.incremental.fetch.session.cache.slots': { key: 'fetchSessionsMax', type: 'int', min: 0 },
  'num.partitions': { key: 'defaultPartitions', type: 'int', min: 1 },
  'offset.metadata.max.bytes': { key: 'offsetMetadataBytesMax', type: 'int', min: 0 },
  'offsets.retention.check.interval.ms': {
    key: 'offsetsRetentionCheckMs',
    type: 'long',
    min: 1,
    max: timerMsMax,
  },
  'offsets.retention.minutes': { key: 'offsetsRetentionMs', type: 'int', min: 1, factorMs: 60_000 },
  'producer.id.expiration.ms': { key: 'producerExpirationMs', type: 'int', min: 1 },
  'socket.request.max.bytes': { key: 'requestBytesMax', type: 'int', min: 1 },
  'super.users': { key: 'superUsers', type: 'string' },
  'transaction.max.timeout.ms': { key: 'transactionTimeoutMaxMs', type: 'int', min: 1 },
}

/** How the first of each stands to the second, or members could not join, or not stay. */
const ascending = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms', 'no more than'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.session.timeout.ms', 'less than'],
] as const

/**
 * What a broker is told by these settings.
 *
 * @param hint - for a name that is none, what to do
 * @throws StreamError `CONFIG_INVALID` for a name that is none, and for a value that does not fit, by itself or beside another
 */
export function configOf(
  settings: ReadonlyMap<string, string>,
  hint: (name: string, names: readonly string[]) => string,
): Partial<BrokerConfig> {
  const config: Partial<Record<Kept, Value>> = {}
  const topicDefaults: Record<string, string> = {}
  for (const [name, value] of settings) {
    const ofTopics = topicSettingsBeneath.get(name)
    const setting = Object.hasOwn(brokerSettings, name) ? brokerSettings[name] : undefined
    const facts = setting ?? factsOf(ofTopics ?? '')
    if (facts === undefined)
      throw new StreamError('CONFIG_INVALID', `"${name}" is no setting of the broker`, {
        hint: hint(name, [...Object.keys(brokerSettings), ...topicSettingsBeneath.keys()]),
      })
    const problem = setting?.type === 'string' ? principalsProblem(value) : problemOf(value, facts)
    if (problem !== undefined)
      throw new StreamError('CONFIG_INVALID', `"${name}" cannot be "${value}"`, { detail: problem })
    if (ofTopics !== undefined) topicDefaults[ofTopics] = value
    else if (setting !== undefined) config[setting.key] = parse(value, setting)
  }
  checkAscending(config)
  // Each key holds what its setting's type says.
  return {
    ...(config as Partial<BrokerConfig>),
    ...(Object.keys(topicDefaults).length > 0 && { topicDefaults }),
  }
}

function parse(value: string, { type, factorMs = 1 }: BrokerSetting): Value {
  if (type === 'string') return principalsOf(value)
  return type === 'boolean' ? value === 'true' : Number(value) * factorMs
}

/** With semicolons between: names of certificates have commas. */
function principalsOf(text: string): string[] {
  return text
    .split(';')
    .map((principal) => principal.trim())
    .filter((principal) => principal !== '')
}

function principalsProblem(text: string): string | undefined {
  const wrong = principalsOf(text).find((principal) => !/^[^:]+:./.test(principal))
  return wrong === undefined ? undefined : `Not a principal such as User:alice: "${wrong}"`
}

function checkAscending(told: Partial<Record<Kept, Value>>): void {
  const numberOf = (name: string): number => {
    const { key } = brokerSettings[name] as BrokerSetting
    return Number(told[key] ?? brokerDefaults[key])
  }
  for (const [lower, upper, relation] of ascending) {
    const [low, high] = [numberOf(lower), numberOf(upper)]
    if (low < high || (low === high && relation === 'no more than')) continue
    throw new StreamError('CONFIG_INVALID', `"${lower}" cannot be "${low}"`, {
      detail: `It must be ${relation} "${upper}", which is ${high}.`,
      hint: 'Set both.',
    })
  }
}

/** A setting of the broker as it stands, and whether that is what it is by itself. */
export function settingOf(
  config: BrokerConfig,
  { key, factorMs = 1 }: BrokerSetting,
): { value: string; byDefault: boolean } {
  const kept = config[key]
  const byDefault = kept === brokerDefaults[key]
  if (typeof kept === 'boolean') return { value: String(kept), byDefault }
  if (typeof kept !== 'number') return { value: kept.join(';'), byDefault }
  return { value: String(Number.isFinite(kept) ? kept / factorMs : -1), byDefault }
}
