import { BufferPool } from '../base/buffer-pool.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import { StreamError } from '../base/errors.ts'
import { silentLogger, type Logger } from '../base/logger.ts'
import { systemRandom, type Random } from '../base/random.ts'
import { ClusterAdmin } from './admin/cluster-admin.ts'
import { Cluster } from './cluster/cluster.ts'
import { parseAddress } from './cluster/context.ts'
import type { Connector, FetcherOptions, GroupOptions, Kafka, ProducerOptions } from './contracts.ts'
import { ClusterFetcher } from './fetch/cluster-fetcher.ts'
import { ClusterGroupMember } from './group/cluster-group-member.ts'
import { ClusterProducer } from './produce/cluster-producer.ts'

export interface KafkaOptions {
  /** `host:port` of one or more brokers; the others are found from there. */
  readonly bootstrap: readonly string[]
  readonly clientId: string
  /** TCP (`tcp-connector.ts`), or in memory to an embedded broker. */
  readonly connector: Connector
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /** How long a broker may take to answer one request; 30 s. */
  readonly requestTimeoutMs?: number
  /** How long the first contact with the cluster is tried; 30 s. */
  readonly startTimeoutMs?: number
  /** How long an operation is tried again while its failures may pass; 60 s. */
  readonly retryTimeoutMs?: number
  /** Age at which metadata is asked for anew though nothing failed; 5 min. */
  readonly metadataMaxAgeMs?: number
}

/** How much of the memory of requests may wait to be used again. */
const pooledBytesMax = 16_777_216

const defaults = {
  requestTimeoutMs: 30_000,
  startTimeoutMs: 30_000,
  retryTimeoutMs: 60_000,
  metadataMaxAgeMs: 300_000,
  backoffMinMs: 10,
  backoffMaxMs: 1000,
} as const

/**
 * A cluster as one stream thread or command sees it. Connects when first used.
 *
 * @throws StreamError `CONFIG_INVALID` when an address cannot be read. Operations throw `BROKER_UNREACHABLE`, with every
 *   address that was tried and why it failed, when the first contact is not made within `startTimeoutMs`
 */
export function openKafka(options: KafkaOptions): Kafka {
  const { clientId, connector, clock = systemClock, random = systemRandom, logger = silentLogger } = options
  const bootstrap = options.bootstrap.map((address) => parseAddress(address))
  if (bootstrap.length === 0) {
    throw new StreamError('CONFIG_INVALID', 'no broker is given', {
      hint: 'Give the address of at least one broker, for example "localhost:9092".',
    })
  }
  const ending = new AbortController()
  const cluster = new Cluster({
    ...defaults,
    ...limitsOf(options),
    bootstrap,
    clientId,
    connector,
    clock,
    random,
    logger,
    closing: ending.signal,
    buffers: new BufferPool(pooledBytesMax),
  })
  let lanes = 0
  const lane = (kind: string): string => `${kind}-${lanes++}`
  return {
    admin: new ClusterAdmin(cluster),
    connect: () => cluster.start(),
    fetcher: (fetcher: FetcherOptions) => new ClusterFetcher(cluster, fetcher, lane('fetch')),
    producer: (producer: ProducerOptions) => new ClusterProducer(cluster, producer, lane('produce')),
    groupMember: (group: GroupOptions) => new ClusterGroupMember(cluster, group, lane('group')),
    close: async () => {
      ending.abort()
      await cluster.close()
    },
  }
}

function limitsOf(options: KafkaOptions): Partial<typeof options> {
  const { requestTimeoutMs, startTimeoutMs, retryTimeoutMs, metadataMaxAgeMs } = options
  return {
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(retryTimeoutMs === undefined ? {} : { retryTimeoutMs }),
    ...(metadataMaxAgeMs === undefined ? {} : { metadataMaxAgeMs }),
  }
}
