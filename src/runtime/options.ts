import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { StreamError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { FunctionHostOptions } from '../functions/open-functions.ts'
import type { Connector, ProducerOptions } from '../kafka/contracts.ts'
import type { SaslSettings, TcpOptions } from '../kafka/tcp-connector.ts'
import type { StateEngines } from '../store/contracts.ts'
import type { SchemaRegistry } from '../registry/contracts.ts'
import type { NotationSettings } from '../serde/formats.ts'
import type { EngineChoice } from '../store/state-engines.ts'
import { plainNames, topicInCluster, type NamePattern } from '../topology/name-pattern.ts'
import type { OffsetReset } from '../topology/topology.ts'

export type Guarantee = 'exactly_once_v2' | 'at_least_once'

/** Where in its life a record went wrong. */
export type RecordStage = 'decode' | 'function' | 'encode' | 'produce'

/** What happens to a record that went wrong: the application stops, or the record is counted and left out, or kept in a topic. */
export type RecordPolicy = 'fail' | 'skip' | 'dead_letter'

/** How a cluster is reached. Plain data: it crosses to worker threads. */
export interface KafkaTarget {
  /** `host:port`, comma-separated. */
  readonly bootstrap: string
  readonly tls: TcpOptions['tls'] | undefined
  readonly sasl: SaslSettings | undefined
}

/** Where stores that ask for a place on disk are kept. */
export interface StateOptions {
  /** `auto`: RocksDB where its binary is there, else SQLite. `memory`: nothing is kept on disk. */
  readonly engine: EngineChoice
  /** Of an application's stores in one process together: entries that are kept decoded; buffers and caches of engines on disk. */
  readonly memoryBytes: number
}

/** Where a process keeps who it is between runs; `fixed` is for tests and simulation, which keep nothing. */
export type IdentityOptions =
  | { readonly kind: 'folder'; readonly stateDir: string }
  | { readonly kind: 'fixed'; readonly processId: string }

/** What stands around the names of one application in a cluster that several share. */
export interface ResourceNames {
  readonly topic: NamePattern
  readonly group: NamePattern
  readonly transaction: NamePattern
}

export const plainResources: ResourceNames = { topic: plainNames, group: plainNames, transaction: plainNames }

/** The named bounds of everything that could grow in a stream thread. */
export interface ThreadBounds {
  /** Bytes of fetched batches that wait in one partition's queue; beyond it the partition pauses. */
  readonly queueBytes: number
  /** Bytes of output that is not acknowledged yet; beyond it processing pauses. */
  readonly producerBytes: number
  /** Changed store entries that are not committed yet; beyond it a commit comes early. */
  readonly dirtyEntries: number
  /** How long a thread processes before it lets sockets and timers run. */
  readonly sliceMs: number
  /** Records between two looks at the time. */
  readonly sliceRecords: number
  /** Topics that it writes to, those that functions name included. */
  readonly outputTopics: number
  /** Records that wait while the cluster is asked about topics that functions have named just now. */
  readonly heldRecords: number
  /** Records of change logs that are applied before a thread lets other work in. */
  readonly restoreRecords: number
}

/** Everything an application is run with; nothing optional, nothing to be defaulted again. Cloneable. */
export interface ApplicationOptions {
  /** Group id, and prefix of internal topics and transactional ids. */
  readonly applicationId: string
  readonly names: ResourceNames
  readonly guarantee: Guarantee
  /** How long output may wait to be visible, the end of its transaction included; at least once: between two commits. */
  readonly commitIntervalMs: number
  readonly threads: number
  /** Whether each thread has a worker thread of its own or they share the caller's. */
  readonly hosting: 'inline' | 'worker'
  readonly identity: IdentityOptions
  readonly state: StateOptions
  /** Leave the group on close: for scaling down. Otherwise a static member keeps its place for the session timeout. */
  readonly leaveOnClose: boolean
  readonly transactionTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  readonly rebalanceTimeoutMs: number
  /** How long a task waits for an input that has nothing: −1 not at all, 0 for what the broker is known to have, above for more to come. */
  readonly maxTaskIdleMs: number
  /** For sources that say nothing themselves. */
  readonly offsetReset: OffsetReset
  /** Of internal topics; −1: the cluster's default. */
  readonly replicationFactor: number
  readonly bounds: ThreadBounds
  readonly policies: Readonly<Record<RecordStage, RecordPolicy>>
  readonly deadLetterTopic: string
  readonly kafka: KafkaTarget
  /** How long a thread tries its first contact with the cluster. */
  readonly startTimeoutMs: number
  /** How long a broker may take to answer. Not longer than a transaction: one that times out at its coordinator is lost anyway. */
  readonly requestTimeoutMs: number
  /** How long one operation is tried again while its failures may pass; after that the thread is replaced. */
  readonly retryTimeoutMs: number
  /** How old what is known of the cluster's topics may be, before patterns are looked up again. */
  readonly metadataMaxAgeMs: number
  /** A user function that has not returned for so long is named in a warning. */
  readonly functionSlowMs: number
  /** A thread whose function has not returned for so long is ended, and the application with it; the only thread, with its process. */
  readonly functionLimitMs: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly fetchMaxPartitionBytes: number
  readonly producer: Pick<
    ProducerOptions,
    'lingerMs' | 'batchBytes' | 'maxRequestBytes' | 'compression' | 'deliveryTimeoutMs'
  >
  /** How often records that every task has passed are deleted from repartition topics. */
  readonly purgeIntervalMs: number
  /** How long this process keeps stores on disk whose tasks it has not had any more. */
  readonly stateCleanupDelayMs: number
  readonly closeTimeoutMs: number
  /** Failures in a row, without a commit between, after which a thread is not replaced any more. */
  readonly restartsMax: number
  readonly restartBackoffMs: number
  readonly restartBackoffMaxMs: number
  /** What Python functions may do, and where a fresh interpreter is kept for the next start. */
  readonly python: PythonOptions
  /** Ways to write values, by the names that type strings use. */
  readonly notations: Readonly<Record<string, NotationSettings>>
}

/** As `functions` takes them. */
export type PythonOptions = NonNullable<FunctionHostOptions['python']>

/** What an application stands on that cannot be cloned. A worker thread makes its own. */
export interface Surroundings {
  /** Absent: TCP, as {@link KafkaTarget} says. Present only where all threads are inline. */
  readonly connector: Connector | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Where stores on disk keep their bytes; absent: in memory, gone with the task. */
  readonly engines?: StateEngines
  /** The schema registry of a notation, where the caller has one of its own. Only where all threads are inline. */
  readonly registryOf?: (notation: string) => SchemaRegistry | undefined
}

/** What must be said; the rest has defaults. */
export type ApplicationSettings = Partial<
  Omit<ApplicationOptions, 'bounds' | 'policies' | 'producer' | 'kafka' | 'state'>
> & {
  readonly applicationId: string
  readonly kafka: Pick<KafkaTarget, 'bootstrap'> & Partial<KafkaTarget>
  readonly identity: IdentityOptions
  readonly state?: Partial<StateOptions>
  readonly bounds?: Partial<ThreadBounds>
  readonly policies?: Partial<Record<RecordStage, RecordPolicy>>
  readonly producer?: Partial<ApplicationOptions['producer']>
}

/** Of a process that runs one application. */
export const defaultStateMemoryBytes = 256 * 1_048_576

const commitIntervalMs: Readonly<Record<Guarantee, number>> = {
  exactly_once_v2: 100,
  at_least_once: 30_000,
}

/** The one place of the runtime's defaults. */
export function resolveOptions(settings: ApplicationSettings): ApplicationOptions {
  const guarantee = settings.guarantee ?? 'exactly_once_v2'
  const threads = settings.threads ?? 1
  const defaults: Omit<ApplicationOptions, 'applicationId' | 'identity' | 'kafka'> = {
    names: plainResources,
    guarantee,
    commitIntervalMs: commitIntervalMs[guarantee],
    threads,
    hosting: threads === 1 ? 'inline' : 'worker',
    state: { engine: 'auto', memoryBytes: defaultStateMemoryBytes },
    leaveOnClose: false,
    transactionTimeoutMs: 10_000,
    sessionTimeoutMs: 45_000,
    heartbeatMs: 3000,
    rebalanceTimeoutMs: 300_000,
    maxTaskIdleMs: 0,
    offsetReset: 'earliest',
    replicationFactor: -1,
    bounds: defaultBounds,
    policies: defaultPolicies,
    deadLetterTopic: `${settings.applicationId}-dead-letters`,
    startTimeoutMs: 30_000,
    requestTimeoutMs: 10_000,
    retryTimeoutMs: 60_000,
    metadataMaxAgeMs: 300_000,
    functionSlowMs: 5000,
    functionLimitMs: 60_000,
    fetchMaxWaitMs: 500,
    fetchMaxBytes: 52_428_800,
    fetchMaxPartitionBytes: 1_048_576,
    producer: defaultProducer,
    purgeIntervalMs: 30_000,
    stateCleanupDelayMs: 600_000,
    closeTimeoutMs: 30_000,
    restartsMax: 10,
    restartBackoffMs: 100,
    restartBackoffMaxMs: 30_000,
    notations: {},
    python: settings.identity.kind === 'folder' ? { snapshotFolder: settings.identity.stateDir } : {},
  }
  checkCommitInterval({ ...defaults, ...settings })
  const { names, deadLetterTopic } = { ...defaults, ...settings }
  return {
    ...defaults,
    ...settings,
    deadLetterTopic: topicInCluster(deadLetterTopic, names.topic),
    state: { ...defaults.state, ...settings.state },
    bounds: { ...defaults.bounds, ...settings.bounds },
    policies: { ...defaults.policies, ...settings.policies },
    producer: { ...defaults.producer, ...settings.producer },
    kafka: { tls: undefined, sasl: undefined, ...settings.kafka },
    python: { ...defaults.python, ...settings.python },
  }
}

/** A transaction that is open for longer than its time limit is ended by the broker, and nothing is ever committed. */
function checkCommitInterval(
  options: Pick<ApplicationOptions, 'guarantee' | 'commitIntervalMs' | 'transactionTimeoutMs'>,
): void {
  const { guarantee, commitIntervalMs, transactionTimeoutMs } = options
  if (guarantee !== 'exactly_once_v2' || commitIntervalMs < transactionTimeoutMs) return
  throw new StreamError(
    'CONFIG_INVALID',
    `a commit interval of ${formatDuration(commitIntervalMs)} does not fit a transaction timeout of ${formatDuration(transactionTimeoutMs)}`,
    { hint: 'Commit more often, or run at least once.' },
  )
}

const defaultBounds: ThreadBounds = {
  queueBytes: 4 * 1_048_576,
  producerBytes: 32 * 1_048_576,
  dirtyEntries: 100_000,
  sliceMs: 4,
  sliceRecords: 100,
  outputTopics: 10_000,
  heldRecords: 100_000,
  restoreRecords: 10_000,
}
const defaultPolicies: ApplicationOptions['policies'] = {
  decode: 'fail',
  function: 'fail',
  encode: 'fail',
  produce: 'fail',
}
const defaultProducer: ApplicationOptions['producer'] = {
  lingerMs: 5,
  batchBytes: 262_144,
  maxRequestBytes: 1_048_576,
  compression: 'none',
  deliveryTimeoutMs: 120_000,
}
