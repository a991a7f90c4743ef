import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Disk } from './log/disk.ts'
import type { TopicDefaults } from './topics/topic-configs.ts'

/** What a broker is told. Names in brackets are those of Apache Kafka's settings. */
export interface BrokerConfig {
  /** Of the first node; the others have the numbers that follow. [node.id] */
  readonly nodeId: number
  /** How many nodes there are, each on a port of its own, all in this process. */
  readonly nodes: number
  /** Replicas of topics that do not say; undefined: one on each node, up to three. [default.replication.factor] */
  readonly defaultReplicationFactor: number | undefined
  /** 22 characters of base64 where given; else drawn. [cluster.id] */
  readonly clusterId: string | undefined
  /**
   * Where clients are told to find the first node, whatever address they came by; the others are on the ports that follow.
   * [advertised.listeners]
   */
  readonly advertised: { readonly host: string; readonly port: number } | undefined
  /** Whether asking for a topic makes it. [auto.create.topics.enable] */
  readonly autoCreateTopics: boolean
  /** Of topics that do not say. [num.partitions] */
  readonly defaultPartitions: number
  /** Over all topics. */
  readonly partitionsMax: number
  /** Where records and all else are kept; in memory where none is given. [log.dirs] */
  readonly dataFolder: string | undefined
  /** Files that are open at once; others are opened again when they are needed. */
  readonly openFilesMax: number
  /** What holds for topics that do not say otherwise, by the names of topics' settings. [log.retention.ms and its like] */
  readonly topicDefaults: TopicDefaults
  /** How often old segments are looked for; Infinity for never. [log.retention.check.interval.ms] */
  readonly retentionCheckMs: number
  /** How long compaction rests when there is nothing to do; Infinity for ever. [log.cleaner.backoff.ms] */
  readonly compactionRestMs: number
  /** What compaction may remember of keys in one go. [log.cleaner.dedupe.buffer.size] */
  readonly compactionBytesMax: number
  /** Bytes of batches in memory over all partitions; beyond it, Produce is answered with KAFKA_STORAGE_ERROR until something is deleted. */
  readonly memoryBytesMax: number
  /** Bytes of batches in one buffer of a log in memory, if its topic does not say fewer; what is freed is whole segments. */
  readonly segmentBytes: number
  /** A longer request ends its connection. [socket.request.max.bytes] */
  readonly requestBytesMax: number
  /** Requests of one connection that wait for their turn; beyond it, the socket is not read. */
  readonly queuedRequestsMax: number
  /** A further TCP connection is closed at once. [max.connections] */
  readonly connectionsMax: number
  /** A TCP connection on which nothing happens for longer is closed; Infinity for never. [connections.max.idle.ms] */
  readonly connectionsIdleMaxMs: number
  /** [fetch.max.bytes] */
  readonly fetchBytesMax: number
  /** Beyond it, clients fetch without sessions. [max.incremental.fetch.session.cache.slots] */
  readonly fetchSessionsMax: number
  /** After so long a session that is not used makes room for another. [min.incremental.fetch.session.eviction.ms] */
  readonly fetchSessionEvictionMs: number
  /** [group.initial.rebalance.delay.ms] */
  readonly groupInitialRebalanceDelayMs: number
  /** [group.min.session.timeout.ms] */
  readonly groupSessionTimeoutMinMs: number
  /** [group.max.session.timeout.ms] */
  readonly groupSessionTimeoutMaxMs: number
  /** Of the consumer protocol. [group.consumer.session.timeout.ms] */
  readonly consumerGroupSessionTimeoutMs: number
  /** How often its members are to be heard of. [group.consumer.heartbeat.interval.ms] */
  readonly consumerGroupHeartbeatIntervalMs: number
  /** The feature level to begin with; 1 has the consumer protocol (KIP-848). [group.version] */
  readonly groupVersion: 0 | 1
  /** Members of one group. [group.max.size] */
  readonly groupSizeMax: number
  /** For a further group, the one without members and open transactions that committed least lately makes room; without such, it is refused. */
  readonly groupsMax: number
  /** How long offsets stay that nobody needs; Infinity for ever. [offsets.retention.minutes] */
  readonly offsetsRetentionMs: number
  /** How often such are looked for. [offsets.retention.check.interval.ms] */
  readonly offsetsRetentionCheckMs: number
  /** Bytes of the text that may go with an offset. [offset.metadata.max.bytes] */
  readonly offsetMetadataBytesMax: number
  /** [transaction.max.timeout.ms] */
  readonly transactionTimeoutMaxMs: number
  /** Beyond it, the id that has been at rest for longest is forgotten; where none rests, a further one is refused. */
  readonly transactionalIdsMax: number
  /** The feature level to begin with, which clients are told; 2 has KIP-890's second part. [transaction.version] */
  readonly transactionVersion: 0 | 1 | 2
  /** How long each marker of an ended transaction is on its way: drawn between the two. */
  readonly transactionMarkerDelayMs: { readonly min: number; readonly max: number }
  /** Principals that may do everything: `User:alice`. [super.users] */
  readonly superUsers: readonly string[]
  /** Whether a resource that no rule of access speaks of is open to everyone. [allow.everyone.if.no.acl.found] */
  readonly allowEveryoneIfNoAclFound: boolean
  /** Rules of access. */
  readonly aclsMax: number
  /** Passwords by user name, for SASL PLAIN and SCRAM. */
  readonly users: Readonly<Record<string, string>>
  /** How long a client that has authenticated itself may go on before it must again; 0: for ever. [connections.max.reauth.ms] */
  readonly saslSessionLifetimeMs: number
  /** What becomes of names in clients' certificates. [ssl.principal.mapping.rules] */
  readonly principalMappingRules: string
  /** Users that administrators give SCRAM credentials to. */
  readonly usersMax: number
  /** How long a partition knows a producer that writes nothing. [producer.id.expiration.ms] */
  readonly producerExpirationMs: number
}

export interface BrokerOptions extends Partial<BrokerConfig> {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** For tests that break it; else the machine's. */
  readonly disk?: Disk
}

const mebibyte = 1_048_576

export const brokerDefaults: BrokerConfig = {
  nodeId: 1,
  nodes: 1,
  defaultReplicationFactor: undefined,
  clusterId: undefined,
  advertised: undefined,
  autoCreateTopics: false,
  defaultPartitions: 1,
  partitionsMax: 10_000,
  dataFolder: undefined,
  openFilesMax: 512,
  topicDefaults: {},
  retentionCheckMs: 300_000,
  compactionRestMs: 15_000,
  compactionBytesMax: 128 * mebibyte,
  memoryBytesMax: 4096 * mebibyte,
  segmentBytes: 8 * mebibyte,
  requestBytesMax: 100 * mebibyte,
  queuedRequestsMax: 64,
  connectionsMax: 1000,
  connectionsIdleMaxMs: 600_000,
  fetchBytesMax: 55 * mebibyte,
  fetchSessionsMax: 1000,
  fetchSessionEvictionMs: 120_000,
  groupInitialRebalanceDelayMs: 0,
  groupSessionTimeoutMinMs: 6000,
  groupSessionTimeoutMaxMs: 1_800_000,
  consumerGroupSessionTimeoutMs: 45_000,
  consumerGroupHeartbeatIntervalMs: 5000,
  groupVersion: 1,
  groupSizeMax: 1000,
  groupsMax: 10_000,
  offsetsRetentionMs: 604_800_000,
  offsetsRetentionCheckMs: 600_000,
  offsetMetadataBytesMax: 4096,
  transactionTimeoutMaxMs: 900_000,
  transactionalIdsMax: 10_000,
  transactionVersion: 2,
  transactionMarkerDelayMs: { min: 0, max: 0 },
  producerExpirationMs: 86_400_000,
  superUsers: [],
  allowEveryoneIfNoAclFound: true,
  aclsMax: 10_000,
  users: {},
  saslSessionLifetimeMs: 0,
  principalMappingRules: 'DEFAULT',
  usersMax: 10_000,
}
