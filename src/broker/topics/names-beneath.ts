/** Beneath most settings of topics is one of the broker, whose value holds for topics that do not say otherwise; it has a name of its own. */
import { topicConfigFacts } from './topic-configs.ts'

/** Those whose name beneath is not their own with `log.` in front. */
const others: Readonly<Record<string, string>> = {
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.type': 'compression.type',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
}
const ofTopicsAlone = /^(?:local|remote|follower|leader)\./
/** Where nothing is set, another setting of the broker counts, in another unit: Apache Kafka shows none. */
const withoutDefault = new Set(['flush.ms', 'retention.ms', 'segment.jitter.ms', 'segment.ms'])

/** The name of the broker's setting beneath a topic's; its own where there is none. */
export function nameBeneath(name: string): string {
  return ofTopicsAlone.test(name) ? name : (others[name] ?? `log.${name}`)
}

/** Whether the one beneath has a value where nobody has given it one. */
export function hasDefaultBeneath(name: string): boolean {
  return !withoutDefault.has(name)
}

/** Topics' settings by the name of the one beneath. */
export const topicSettingsBeneath: ReadonlyMap<string, string> = new Map(
  Object.keys(topicConfigFacts)
    .filter((name) => !ofTopicsAlone.test(name))
    .map((name) => [nameBeneath(name), name]),
)
