import type { Random } from '../../src/base/random.ts'
import type { BrokerConfig } from '../../src/broker/broker-config.ts'
import type { Guarantee } from '../../src/runtime/options.ts'
import type { TestApplicationSettings } from '../../src/testing/cluster.ts'
import { cases } from './cases/all.ts'
import { pick } from './cases/case.ts'
import type { SimulationCase } from './cases/case.ts'
import type { Variant } from './variant.ts'

/** Everything about a run that is drawn before it begins. */
export interface Plan {
  readonly simulated: SimulationCase
  readonly variant: Variant
  readonly guarantee: Guarantee
  readonly processes: number
  /** Nothing breaks: processes only come and go in order. */
  readonly calm: boolean
  /** Processes die and stand still before their group has ever settled, and come back at once. */
  readonly stormy: boolean
  /** Whether stores are on disk, or gone with their process. */
  readonly disk: boolean
  /** Change logs lose what is superseded while the run goes on. */
  readonly compacts: boolean
  readonly steps: number
  readonly broker: Partial<BrokerConfig>
  readonly settings: TestApplicationSettings
}

/** @param only - what a topology's name must contain to be drawn */
export function drawPlan(random: Random, only = ''): Plan {
  const guarantee = random.next() < 0.2 ? 'at_least_once' : 'exactly_once_v2'
  const calm = random.next() < 0.06
  const compacts = random.next() < 0.5
  return {
    simulated: pick(
      random,
      cases.filter(({ name }) => name.includes(only)),
    ),
    variant: { caching: random.next() < 0.4, optimised: random.next() < 0.6 },
    guarantee,
    processes: pick(random, [1, 2, 2, 2, 3, 3, 4]),
    calm,
    stormy: !calm && random.next() < 0.3,
    disk: random.next() < 0.75,
    compacts,
    steps: 15 + random.below(20),
    broker: {
      nodes: pick(random, [1, 1, 2, 3]),
      groupInitialRebalanceDelayMs: pick(random, [0, 0, 500, 3000]),
      ...(compacts ? compaction : { compactionRestMs: Infinity }),
      transactionVersion: random.next() < 0.5 ? 1 : 2,
      transactionMarkerDelayMs: { min: 0, max: random.below(pick(random, [10, 300, 3000])) },
    },
    settings: drawSettings(random, guarantee),
  }
}

/** How long deletions stay in a log that is compacted. */
export const deletionsKeptMs = 70_000

/** Whatever is in no open transaction is compacted after a second or two. */
const compaction: Partial<BrokerConfig> = {
  compactionRestMs: 500,
  topicDefaults: {
    'retention.ms': '-1',
    'segment.ms': '1000',
    'min.cleanable.dirty.ratio': '0',
    'delete.retention.ms': String(deletionsKeptMs),
  },
}

function drawSettings(random: Random, guarantee: Guarantee): TestApplicationSettings {
  return {
    guarantee,
    threads: 1 + random.below(2),
    commitIntervalMs: 20 + random.below(200),
    sessionTimeoutMs: 6000,
    heartbeatMs: 1000,
    rebalanceTimeoutMs: 15_000,
    transactionTimeoutMs: pick(random, [3000, 10_000, 90_000]),
    requestTimeoutMs: 2000,
    retryTimeoutMs: 8000,
    restartBackoffMaxMs: 1000,
    restartsMax: 1000,
    fetchMaxWaitMs: 300 + random.below(1200),
    // A batch of few records: an aborted transaction is then spread over several answers.
    fetchMaxPartitionBytes: random.next() < 0.3 ? 200 + random.below(1000) : 1_048_576,
    closeTimeoutMs: 5000,
    purgeIntervalMs: 200 + random.below(5000),
    leaveOnClose: random.next() < 0.3,
    policies: { function: 'dead_letter' },
    producer: { batchBytes: random.next() < 0.3 ? 300 + random.below(2000) : 262_144 },
  }
}

/** In one line, for whoever reads about a failure. */
export function describePlan({
  simulated,
  variant,
  guarantee,
  processes,
  calm,
  stormy,
  disk,
  compacts,
  settings,
}: Plan): string {
  return [
    simulated.name,
    guarantee,
    `${processes} processes of ${settings.threads} threads`,
    disk ? 'stores on disk' : 'stores in memory',
    ...(variant.caching ? ['caching'] : []),
    ...(variant.optimised ? ['optimised'] : []),
    ...(compacts ? ['compacting'] : []),
    ...(calm ? ['calm'] : []),
    ...(stormy ? ['stormy'] : []),
  ].join(', ')
}
