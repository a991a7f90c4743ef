/**
 * What the rest of the system sees of Kafka. Implementations are beside this file; all of them work over a
 * {@link Connector}: TCP, or in memory to an embedded broker in the same thread.
 *
 * Offsets and timestamps are numbers, checked to be safe. Errors are `StreamError`s; their code and retry advice say
 * what a caller may do.
 */
import type { RecordsSection } from '../protocol/record-batch-reader.ts'
import type { Headers } from '../base/headers.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Opens connections to brokers. A connection carries whole frames' bodies, correlated and in order. */
export interface Connector {
  /** @param clientId - what the request headers call this client */
  connect(host: string, port: number, clientId: string): Promise<Connection>
}

export interface Connection {
  /**
   * Sends one request and gives the response's body, both without the request and response headers' correlation id:
   * the connection writes and reads headers itself.
   *
   * @param expectsResponse - false for Produce with acks 0
   * @throws StreamError `CONNECTION_CLOSED`, `REQUEST_TIMED_OUT`
   */
  send(request: EncodedRequest): Promise<Buffer>
  /** Nobody looks at this response any more: its memory may be used again. */
  recycle?(response: Buffer): void
  readonly closed: boolean
  close(): Promise<void>
}

export interface EncodedRequest {
  readonly apiKey: number
  readonly apiVersion: number
  /** Whether the header has tagged fields (flexible versions). */
  readonly flexible: boolean
  /** Chunks of the body, in order; sent without being joined. */
  readonly body: readonly Buffer[]
  readonly timeoutMs: number
}

export type IsolationLevel = 'read_committed' | 'read_uncommitted'

/** What a fetch brought for one partition. `records` holds whole batches, filtered by nothing yet. */
export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  /** The offset that was asked for: records before it are to be skipped. */
  readonly fetchOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /**
   * The batches to read, decompressed where needed, control batches and aborted ones already left out, crc checked. Columns
   * are read from each by `protocol`'s batch reader. `nextOffset` is where to go on when all of them are done, gaps included.
   */
  readonly batches: readonly FetchedBatch[]
  readonly nextOffset: number
  /** Of the last whole batch before `nextOffset`, whether it is among these or was left out; −1 where there is none. */
  readonly leaderEpoch: number
  /** To be called, or not, when nobody looks at the batches any more: their memory may then be used again. */
  readonly release?: () => void
  /** `fetchOffset` is not in the log: nothing more comes until the partition is sought or assigned anew. */
  readonly outOfRange?: boolean
}

/** One record batch's records section: `buffer[start .. end)` holds `count` records, uncompressed. */
export type FetchedBatch = RecordsSection

export interface FetcherOptions {
  readonly isolation: IsolationLevel
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
}

/**
 * Fetches from all assigned partitions, one request under way per broker, into a bounded buffer; no promise per record.
 * A partition of which enough waits to be taken, or which is paused, is not asked for; the others are not held up by it.
 */
export interface Fetcher {
  /** Starts or goes on with a partition at an offset. */
  assign(partition: TopicPartition, offset: number): void
  unassign(partition: TopicPartition): void
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
  seek(partition: TopicPartition, offset: number): void
  /**
   * What has arrived, or undefined. Where only the position moved (control records, aborted batches), a partition comes without
   * batches: who reads up to an offset, as a restore does, must hear of it. An offset outside the log is such a value too, with
   * `outOfRange`. Throws what went wrong for good (`LOG_TRUNCATED`, `NOT_AUTHORIZED`, …).
   */
  poll(): FetchedPartition | undefined
  /** Resolves when {@link Fetcher.poll} has something, or after `maxWaitMs`. */
  ready(maxWaitMs: number): Promise<void>
  close(): Promise<void>
}

export interface ProducerOptions {
  readonly lingerMs: number
  readonly batchBytes: number
  /** Bytes appended and not acknowledged beyond which {@link Producer.full} is true. */
  readonly bufferBytes: number
  readonly maxRequestBytes: number
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly deliveryTimeoutMs: number
  /** Absent: idempotent without transactions. */
  readonly transactional?: { readonly id: string; readonly timeoutMs: number }
}

export interface AppendedRecord {
  /** −1: by the default partitioner (murmur2 of the key; sticky where there is none). */
  partition: number
  timestampMs: number
  /** The key is `key[keyStart .. keyEnd)`; `keyEnd` −1: null. Value alike. Bytes are copied before the call returns. */
  key: Buffer
  keyStart: number
  keyEnd: number
  value: Buffer
  valueStart: number
  valueEnd: number
  headers: Headers | undefined
}

/**
 * Appends synchronously into flat batches per partition; sends in the background, in order per partition, idempotently.
 * The first failure for good is kept and thrown by the next append, flush or commit.
 */
export interface Producer {
  /** For transactions: InitProducerId. Fences former users of the id and ends their open transaction. */
  init(): Promise<void>
  /** Partitions of a topic; asks the cluster the first time. @throws StreamError `TOPIC_MISSING` */
  partitionCount(topic: string): Promise<number>
  /**
   * @returns the partition taken
   * @throws StreamError `RECORD_TOO_LARGE`, `RECORD_REFUSED`, `TOPIC_MISSING` when {@link Producer.partitionCount} was never awaited for it, or what failed before
   */
  append(topic: string, record: AppendedRecord): number
  /** Whether something has failed for good: the next append, flush or commit says what. */
  readonly failed: boolean
  /** Whether more is buffered than allowed; the caller stops until {@link Producer.drained}. */
  readonly full: boolean
  drained(): Promise<void>
  /** Sends everything now and waits for all acknowledgements. */
  flush(): Promise<void>
  /** The offset after the last acknowledged record that this producer wrote there; undefined where it wrote none or was not told. */
  acknowledgedOffset(partition: TopicPartition): number | undefined
  /** In which the partition's leader is, as far as is known; −1: not known. */
  leaderEpoch(partition: TopicPartition): number
  /** Whether a transaction has begun: the first append or offset after `init`, `commit` or `abort` begins one. */
  readonly inTransaction: boolean
  /**
   * Sends offsets into the transaction and ends it.
   *
   * What is appended before it resolves belongs to the next transaction, and is not sent until then.
   *
   * @param group - may be a live view: where the group moved on to a later generation with the same member, the offsets are sent again with it
   * @throws StreamError `PRODUCER_FENCED` and `TRANSACTION_OUTCOME_UNKNOWN` (make a new producer); after all others call abort and go on:
   *   `MEMBER_FENCED`, `TRANSACTION_ABORTABLE`, and with its own code what the author must mend (`RECORD_TOO_LARGE`, `RECORD_REFUSED`, `NOT_AUTHORIZED`, …)
   */
  commit(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void>
  abort(): Promise<void>
  close(): Promise<void>
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch?: number
  readonly metadata: string
}

export interface GroupMetadata {
  readonly groupId: string
  readonly generation: number
  /** Whether a join of this member is under way: its answer may bring a higher generation. */
  readonly joining?: boolean
  readonly memberId: string
  readonly instanceId: string | undefined
}

export interface GroupOptions {
  readonly groupId: string
  readonly instanceId?: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
  /** Topics to subscribe to and this member's user data, asked anew for each join. */
  readonly subscription: () => { readonly topics: readonly string[]; readonly userData: Buffer }
  /** Runs in the leader: every member's subscription in, every member's partitions out. */
  readonly assignor: Assignor
  readonly listener: RebalanceListener
}

export interface Assignor {
  readonly name: string
  readonly protocol: 'cooperative' | 'eager'
  assign(
    members: readonly MemberSubscription[],
    topics: ReadonlyMap<string, number>,
  ): readonly MemberAssignment[]
}

export interface MemberSubscription {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly topics: readonly string[]
  readonly ownedPartitions: readonly TopicPartition[]
  readonly userData: Buffer
}

export interface MemberAssignment {
  readonly memberId: string
  readonly partitions: readonly TopicPartition[]
  readonly userData: Buffer
}

/** All awaited, one at a time; what they throw ends the membership with that error. */
export interface RebalanceListener {
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>
  onAssigned(partitions: readonly TopicPartition[], userData: Buffer): Promise<void>
  /** The partitions were taken away already: no commit is possible any more. */
  onLost(partitions: readonly TopicPartition[]): Promise<void>
  /** {@link GroupMember.poll} has something to do from now on; for an owner that sleeps. Called at any time, not awaited. */
  onDue?(): void
}

/**
 * A member of a classic consumer group. Joins, heartbeats and rejoins in the background; calls the listener at a time of the
 * owner's choosing: only inside {@link GroupMember.poll}.
 */
export interface GroupMember {
  /** A live view; after the group has forgotten this member it shows the former identity, which is refused, until a new one is there. */
  readonly metadata: GroupMetadata
  /** Does what a rebalance asks for, if anything; throws a fatal failure. Call it often: no longer than the rebalance timeout apart. */
  poll(): Promise<void>
  /** Whether {@link GroupMember.poll} has something to do. */
  readonly rebalancing: boolean
  /**
   * Joins again at the next {@link GroupMember.poll}: for an assignment that says of itself that it is only a step. The coordinator
   * begins a rebalance only where the subscription's user data differs from what the member joined with before.
   */
  rejoin(): void
  /** Committed offsets, stable ones only: waits until no transaction on them is pending. Absent partitions have none. */
  fetchOffsets(partitions: readonly TopicPartition[]): Promise<Map<string, CommittedOffset>>
  /** For at least once. @throws StreamError `MEMBER_FENCED` */
  commitOffsets(offsets: readonly CommittedOffset[]): Promise<void>
  /** @param leave - whether to leave the group; a static member that will be back does not */
  close(leave: boolean): Promise<void>
}

export interface TopicDescription {
  readonly name: string
  readonly id: string
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly leaderEpoch: number
  }[]
  readonly internal: boolean
}

export interface GroupListing {
  readonly groupId: string
  /** `Stable`, `Empty`, …; empty where the broker does not tell. */
  readonly state: string
}

export interface GroupDescription extends GroupListing {
  /** The assignor that its members agreed on. */
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | undefined
    readonly clientId: string
    readonly clientHost: string
  }[]
}

export interface NewTopic {
  readonly name: string
  /** −1: the cluster's default. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface Admin {
  listTopics(): Promise<TopicDescription[]>
  /** Missing topics are left out. */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>
  /** @returns names that existed already; resolves when every partition has a leader. @throws StreamError `TOPIC_INVALID`, `NOT_AUTHORIZED` */
  createTopics(topics: readonly NewTopic[]): Promise<string[]>
  /** Which of these could not be made because they exist, as the controller says: other brokers may not have heard of them yet. Makes none. */
  existingTopics(topics: readonly NewTopic[]): Promise<string[]>
  deleteTopics(names: readonly string[]): Promise<void>
  createPartitions(topic: string, count: number): Promise<void>
  deleteRecords(before: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
  /** `at`: `earliest`, `latest` (by isolation: high watermark or last stable offset), or a timestamp in ms (−1 offset where none is later). Keyed by `topic-partition`. */
  listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
    isolation: IsolationLevel,
  ): Promise<Map<string, number>>
  /** Where the logs' leaders end the epochs, keyed by `topic-partition`: a position beyond is not in the log any more. −1: they do not know the epoch. */
  epochEnds(
    positions: readonly (TopicPartition & { readonly leaderEpoch: number })[],
  ): Promise<Map<string, number>>
  topicConfigs(topic: string): Promise<Record<string, string>>
  /** Some settings of several topics, in one request; missing topics are left out. @throws StreamError `NOT_AUTHORIZED` */
  topicSettings(
    topics: readonly string[],
    names: readonly string[],
  ): Promise<Map<string, Record<string, string>>>
  /** Null: back to the default. @throws StreamError `TOPIC_MISSING`, `TOPIC_INVALID`, `NOT_AUTHORIZED` */
  alterTopicConfigs(topic: string, changes: Readonly<Record<string, string | null>>): Promise<void>
  listGroups(): Promise<GroupListing[]>
  /** Undefined where there is no such group. */
  describeGroup(groupId: string): Promise<GroupDescription | undefined>
  /** All that are committed, stable ones only; none where there is no such group. */
  groupOffsets(groupId: string): Promise<CommittedOffset[]>
  /** For groups without members. @throws StreamError `MEMBER_FENCED` where there are some */
  setGroupOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void>
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>
  /** Takes static members out that do not run any more, by the names of their instances; those that are not there are passed over. */
  removeMembers(groupId: string, instanceIds: readonly string[]): Promise<void>
  /** For groups without members. */
  deleteGroup(groupId: string): Promise<void>
}

/** A cluster as one stream thread or command sees it; owns its connections. */
export interface Kafka {
  readonly admin: Admin
  /** Makes the first contact, which whatever is done first makes otherwise. @throws StreamError `BROKER_UNREACHABLE` */
  connect(): Promise<void>
  fetcher(options: FetcherOptions): Fetcher
  producer(options: ProducerOptions): Producer
  groupMember(options: GroupOptions): GroupMember
  close(): Promise<void>
}

/** The text that keys maps by partition: `topic-partition`. */
export function partitionKey(partition: TopicPartition): string {
  return `${partition.topic}-${partition.partition}`
}
