import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { CompressionLevels } from '../../protocol/compression.ts'
import type { Compression } from '../../protocol/record-batch-layout.ts'
import type { LogSettings } from '../log/log-settings.ts'

/** The numbers by which DescribeConfigs names the type of a setting. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list'

export const configTypeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
}

const intMax = 2_147_483_647
const longMax = '9223372036854775807'

/** What a setting may be. */
export interface ConfigRules {
  readonly type: ConfigType
  /** Least value of a number. */
  readonly min?: number
  /** Greatest value of a number, where it is not its type's. */
  readonly max?: number
  /** A number within these that stands for nothing. */
  readonly not?: number
  /** Allowed words, of a list each of its entries. */
  readonly words?: readonly string[]
}

export interface ConfigFacts extends ConfigRules {
  readonly default: string
}

/** The settings of a topic that Apache Kafka knows, with its defaults. Those that this broker does not act on are kept and shown. */
export const topicConfigFacts: Readonly<Record<string, ConfigFacts>> = {
  'cleanup.policy': { type: 'list', default: 'delete', words: ['delete', 'compact'] },
  'compression.gzip.level': { type: 'int', default: '-1', min: -1, max: 9, not: 0 },
  'compression.lz4.level': { type: 'int', default: '9', min: 1, max: 17 },
  'compression.type': {
    type: 'string',
    default: 'producer',
    words: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  },
  'compression.zstd.level': { type: 'int', default: '3', min: -131_072, max: 22 },
  'delete.retention.ms': { type: 'long', default: '86400000', min: 0 },
  'file.delete.delay.ms': { type: 'long', default: '60000', min: 0 },
  'flush.messages': { type: 'long', default: longMax, min: 1 },
  'flush.ms': { type: 'long', default: longMax, min: 0 },
  'follower.replication.throttled.replicas': { type: 'list', default: '' },
  'index.interval.bytes': { type: 'int', default: '4096', min: 0 },
  'leader.replication.throttled.replicas': { type: 'list', default: '' },
  'local.retention.bytes': { type: 'long', default: '-2', min: -2 },
  'local.retention.ms': { type: 'long', default: '-2', min: -2 },
  'max.compaction.lag.ms': { type: 'long', default: longMax, min: 1 },
  'max.message.bytes': { type: 'int', default: '1048588', min: 0 },
  'message.timestamp.after.max.ms': { type: 'long', default: '3600000', min: 0 },
  'message.timestamp.before.max.ms': { type: 'long', default: longMax, min: 0 },
  'message.timestamp.type': {
    type: 'string',
    default: 'CreateTime',
    words: ['CreateTime', 'LogAppendTime'],
  },
  'min.cleanable.dirty.ratio': { type: 'double', default: '0.5', min: 0, max: 1 },
  'min.compaction.lag.ms': { type: 'long', default: '0', min: 0 },
  'min.insync.replicas': { type: 'int', default: '1', min: 1 },
  preallocate: { type: 'boolean', default: 'false' },
  'remote.log.copy.disable': { type: 'boolean', default: 'false' },
  'remote.log.delete.on.disable': { type: 'boolean', default: 'false' },
  'remote.storage.enable': { type: 'boolean', default: 'false' },
  'retention.bytes': { type: 'long', default: '-1' },
  'retention.ms': { type: 'long', default: '604800000', min: -1 },
  'segment.bytes': { type: 'int', default: '1073741824', min: 14 },
  'segment.index.bytes': { type: 'int', default: '10485760', min: 4 },
  'segment.jitter.ms': { type: 'long', default: '0', min: 0 },
  'segment.ms': { type: 'long', default: '604800000', min: 1 },
  'unclean.leader.election.enable': { type: 'boolean', default: 'false' },
}

/** What is known of a setting; undefined where Apache Kafka has none of this name. */
export function factsOf(name: string): ConfigFacts | undefined {
  return Object.hasOwn(topicConfigFacts, name) ? topicConfigFacts[name] : undefined
}

export interface ConfigProblem {
  readonly error: KafkaErrorName
  readonly message: string
}

/** What a topic does with batches, resolved from its settings. */
export interface EffectiveConfigs extends LogSettings {
  readonly maxMessageBytes: number
  readonly logAppendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly minInsyncReplicas: number
  /** What batches are kept in; undefined: in what they come in. [compression.type] */
  readonly compression: Compression | undefined
  readonly compressionLevels: CompressionLevels
}

/** What holds on a broker for topics that do not say otherwise. */
export type TopicDefaults = Readonly<Record<string, string>>

/** Who says so: the topic, its broker, or Kafka's own default. */
export type ConfigLayer = 'topic' | 'broker' | 'default'

/** The settings of one topic: what was set, over the broker's defaults, over Kafka's. */
export class TopicConfigs {
  readonly overrides: ReadonlyMap<string, string>
  readonly effective: EffectiveConfigs
  readonly #defaults: TopicDefaults

  constructor(overrides: ReadonlyMap<string, string>, defaults: TopicDefaults = {}) {
    this.overrides = overrides
    this.#defaults = defaults
    this.effective = this.#resolve()
  }

  get(name: string): string {
    return this.layersOf(name)[0]?.value ?? ''
  }

  sourceOf(name: string): ConfigLayer {
    return this.layersOf(name)[0]?.source ?? 'default'
  }

  /** All that say something, who counts first. */
  layersOf(name: string): { readonly source: ConfigLayer; readonly value: string }[] {
    const layers = [
      { source: 'topic', value: this.overrides.get(name) },
      { source: 'broker', value: this.#defaults[name] },
      { source: 'default', value: factsOf(name)?.default },
    ] as const
    return layers.flatMap(({ source, value }) => (value === undefined ? [] : [{ source, value }]))
  }

  #resolve(): EffectiveConfigs {
    const number = (name: string): number => unlessNever(this.get(name))
    const policies = listOf(this.get('cleanup.policy'))
    return {
      maxMessageBytes: number('max.message.bytes'),
      logAppendTime: this.get('message.timestamp.type') === 'LogAppendTime',
      timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
      minInsyncReplicas: number('min.insync.replicas'),
      compression: compressionOf(this.get('compression.type')),
      compressionLevels: { gzip: number('compression.gzip.level'), zstd: number('compression.zstd.level') },
      segmentBytes: number('segment.bytes'),
      segmentMs: number('segment.ms'),
      flushMessages: number('flush.messages'),
      flushMs: number('flush.ms'),
      deleted: policies.includes('delete'),
      retentionMs: unlessNegative(number('retention.ms')),
      retentionBytes: unlessNegative(number('retention.bytes')),
      compacted: policies.includes('compact'),
      deleteRetentionMs: number('delete.retention.ms'),
      minDirtyRatio: number('min.cleanable.dirty.ratio'),
      minCompactionLagMs: number('min.compaction.lag.ms'),
      maxCompactionLagMs: number('max.compaction.lag.ms'),
    }
  }
}

function compressionOf(type: string): Compression | undefined {
  if (type === 'uncompressed') return 'none'
  // The settings have been checked: what is left is a compression's name.
  return type === 'producer' ? undefined : (type as Compression)
}

/** Kafka says never by the largest number there is. */
function unlessNever(text: string): number {
  return text === longMax ? Infinity : Number(text)
}

function unlessNegative(number: number): number {
  return number < 0 ? Infinity : number
}

/** The words of a setting that is a list. */
export function listOf(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((word) => word.trim())
}

/** Looks settings over before they are taken; undefined where all of them stand. */
export function checkTopicConfigs(overrides: ReadonlyMap<string, string>): ConfigProblem | undefined {
  for (const [name, value] of overrides) {
    const facts = factsOf(name)
    if (facts === undefined) return { error: 'INVALID_CONFIG', message: `Unknown topic config name: ${name}` }
    const problem = problemOf(value, facts)
    if (problem !== undefined)
      return {
        error: 'INVALID_CONFIG',
        message: `Invalid value ${value} for configuration ${name}: ${problem}`,
      }
  }
  return undefined
}

/** What is wrong with a value, in Apache Kafka's words; undefined where it fits. */
export function problemOf(value: string, rules: ConfigRules): string | undefined {
  const { type, words } = rules
  switch (type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : 'Expected value to be either true or false'
    case 'string':
      return words?.includes(value) === false ? `String must be one of: ${words.join(', ')}` : undefined
    case 'list':
      return listProblem(value, words)
    case 'int':
    case 'long':
    case 'double':
      return numberProblem(value, rules)
  }
}

function listProblem(value: string, words: ConfigRules['words']): string | undefined {
  if (words === undefined) return undefined
  if (value.trim() === '') return 'Configuration must not be empty'
  return listOf(value).every((word) => words.includes(word))
    ? undefined
    : `String must be one of: ${words.join(', ')}`
}

function numberProblem(
  value: string,
  { type, min = -Infinity, max = Infinity, not }: ConfigRules,
): string | undefined {
  if (!isNumberOf(type, value)) return `Not a number of type ${type.toUpperCase()}`
  const number = Number(value)
  if (number < min) return `Value must be at least ${min}`
  if (number > max) return `Value must be no more than ${max}`
  return number === not ? `Value must not be ${not}` : undefined
}

function isNumberOf(type: ConfigType, value: string): boolean {
  if (type === 'double') return value.trim() !== '' && Number.isFinite(Number(value))
  const most = type === 'int' ? BigInt(intMax) : BigInt(longMax)
  return /^-?\d+$/.test(value) && BigInt(value) <= most && BigInt(value) >= -most - 1n
}
