import { createHash } from 'node:crypto'
import { StreamError, withFacts } from '../../base/errors.ts'
import { inputTopics } from '../../topology/outer-topics.ts'
import { lookAtTopics } from './look-at-topics.ts'
import { changeLogTopic, repartitionTopic, type Naming } from './topic-names.ts'
import type { Admin, NewTopic, TopicDescription } from '../../kafka/contracts.ts'
import type { StoreSpec, Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'

/** The topology's topics by their real names, with the partitions that the cluster says. */
export interface TopicPlan {
  readonly applicationId: string
  /** Changes with what decides tasks and stores, not with the code of a function. */
  readonly topologyHash: string
  readonly subTopologies: readonly PlannedSubTopology[]
  /** All topics of all sub-topologies: what the group member subscribes to. */
  readonly sourceTopics: readonly string[]
  /** Of source topics, as the cluster said when the plan was made. */
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly repartitionTopics: ReadonlySet<string>
  /** Internal topics to be there before the first task. */
  readonly internalTopics: readonly NewTopic[]
  /** Ids by real name; internal topics included once they exist. */
  readonly topicIds: ReadonlyMap<string, string>
  /** Internal topics that did not exist. */
  readonly madeTopics: ReadonlySet<string>
}

export interface PlannedSubTopology {
  readonly index: number
  /** Real names of the topics a task reads. */
  readonly topics: readonly string[]
  readonly taskCount: number
}

interface PlanOptions extends Naming {
  readonly replicationFactor: number
}

/** Names by which the topology's topics are known in the cluster: internal ones get the application id. */
export function realTopicName(topology: Topology, naming: Naming): (topic: string) => string {
  const internal = new Set(topology.subTopologies.flatMap((sub) => sub.repartitionSources))
  return (topic) => (internal.has(topic) ? repartitionTopic(naming, topic) : topic)
}

/**
 * Looks at the cluster, and checks that sources exist and joins are copartitioned.
 *
 * @throws StreamError `TOPIC_MISSING`, `JOIN_NOT_COPARTITIONED`; what else of these is wrong is among its others
 */
export async function planTopics(
  admin: Pick<Admin, 'describeTopics'>,
  topology: Topology,
  options: PlanOptions,
): Promise<TopicPlan> {
  const { described, counts, problems } = await lookAtTopics(admin, topology, inputTopics(topology))
  const [first, ...others] = problems
  if (first !== undefined) throw others.length === 0 ? first : withFacts(first, { others })
  const draft = draftPlan(topology, options, counts)
  return { ...draft, topicIds: idsOf(described) }
}

/**
 * Makes the internal topics that are missing. Every stream thread does this at its start; who comes second finds the topics there.
 *
 * @param lookAt - is told of those that are missing before they are made
 * @throws StreamError `TOPIC_INVALID`, or what `lookAt` throws: then none is made
 */
export async function makeInternalTopics(
  admin: Pick<Admin, 'describeTopics' | 'createTopics'>,
  plan: TopicPlan,
  lookAt: (missing: readonly NewTopic[]) => Promise<void> = async () => {},
): Promise<TopicPlan> {
  const { ids, madeTopics } = await ensureInternalTopics(admin, plan.internalTopics, lookAt)
  return { ...plan, topicIds: new Map([...plan.topicIds, ...ids]), madeTopics }
}

function draftPlan(topology: Topology, options: PlanOptions, counts: ReadonlyMap<string, number>): TopicPlan {
  const { applicationId } = options
  const realName = realTopicName(topology, options)
  const subTopologies = topology.subTopologies
    .filter((sub) => sub.sources.length > 0)
    .map((sub) => ({
      index: sub.index,
      topics: sub.sources.map(realName),
      taskCount: Math.max(0, ...sub.sources.map((topic) => counts.get(topic) ?? 0)),
    }))
  const repartitions = [...new Set(topology.subTopologies.flatMap((sub) => sub.repartitionSources))]
  return {
    applicationId,
    topologyHash: hashOf(topology),
    subTopologies,
    sourceTopics: [...new Set(subTopologies.flatMap((sub) => sub.topics))],
    partitionCounts: new Map([...counts].map(([topic, count]) => [realName(topic), count])),
    repartitionTopics: new Set(repartitions.map(realName)),
    internalTopics: [
      ...repartitions.map((topic) => ({
        name: realName(topic),
        partitions: counts.get(topic) ?? 1,
        replicationFactor: options.replicationFactor,
        configs: repartitionConfigs,
      })),
      ...changeLogs(topology, options, subTopologies),
    ],
    topicIds: new Map(),
    madeTopics: new Set(),
  }
}

/** Kafka Streams' settings. Records live until a commit has passed them; then the runtime deletes them. */
const repartitionConfigs = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'segment.bytes': '52428800',
  'message.timestamp.type': 'CreateTime',
}

/** How much longer records stay in the change log than entries in the store: Kafka Streams' default. */
const additionalRetentionMs = 86_400_000

/** Kafka Streams' settings too: what expires in a store expires in its change log, a day later. */
function changeLogConfigs(store: StoreSpec): NewTopic['configs'] {
  const compacted = { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' }
  const expiring = (keptMs: number) => ({
    ...compacted,
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(keptMs + additionalRetentionMs),
  })
  switch (store.kind) {
    case 'key-value':
      return store.timeToLiveMs === undefined ? compacted : expiring(store.timeToLiveMs)
    case 'list':
      return compacted
    case 'window':
    case 'session':
      return expiring(store.retentionMs)
    case 'versioned':
      return {
        ...compacted,
        'min.compaction.lag.ms': String(store.historyRetentionMs + additionalRetentionMs),
      }
  }
}

function changeLogs(
  topology: Topology,
  options: PlanOptions,
  planned: readonly PlannedSubTopology[],
): NewTopic[] {
  const own = topology.stores.filter((store) => store.logging === 'own')
  return topology.subTopologies.flatMap((sub) =>
    own
      .filter((store) => sub.stores.includes(store.name))
      .map((store) => ({
        name: changeLogTopic(options, store.name),
        partitions: planned.find((plan) => plan.index === sub.index)?.taskCount ?? 1,
        replicationFactor: options.replicationFactor,
        configs: changeLogConfigs(store),
      })),
  )
}

async function ensureInternalTopics(
  admin: Pick<Admin, 'describeTopics' | 'createTopics'>,
  wanted: readonly NewTopic[],
  lookAt: (missing: readonly NewTopic[]) => Promise<void>,
): Promise<{ readonly ids: Map<string, string>; readonly madeTopics: ReadonlySet<string> }> {
  if (wanted.length === 0) return { ids: new Map(), madeTopics: new Set() }
  const names = wanted.map((topic) => topic.name)
  const present = await admin.describeTopics(names)
  checkPartitions(present, wanted)
  const known = new Set(present.map((topic) => topic.name))
  const missing = wanted.filter((topic) => !known.has(topic.name))
  if (missing.length === 0) return { ids: idsOf(present), madeTopics: new Set() }
  await lookAt(missing)
  const others = await admin.createTopics(missing)
  const described = await admin.describeTopics(names)
  checkPartitions(described, wanted)
  if (described.length < names.length) {
    throw new StreamError('KAFKA_RETRIABLE', 'internal topics are not visible yet')
  }
  const made = missing.map(({ name }) => name).filter((name) => !others.includes(name))
  return { ids: idsOf(described), madeTopics: new Set(made) }
}

/** The topic of dead letters, where a policy asks for one: made at the start, with as many partitions as the cluster gives. */
export async function ensureDeadLetterTopic(
  admin: Pick<Admin, 'describeTopics' | 'createTopics'>,
  {
    policies,
    deadLetterTopic,
    replicationFactor,
  }: Pick<ApplicationOptions, 'policies' | 'deadLetterTopic' | 'replicationFactor'>,
): Promise<void> {
  if (!Object.values(policies).includes('dead_letter')) return
  if ((await admin.describeTopics([deadLetterTopic])).length > 0) return
  // Kept by when they were written: a record from long ago, whose time stands in a header, would be deleted at once.
  const configs = { 'message.timestamp.type': 'LogAppendTime' }
  await admin.createTopics([{ name: deadLetterTopic, partitions: -1, replicationFactor, configs }])
}

function idsOf(topics: readonly TopicDescription[]): Map<string, string> {
  return new Map(topics.map((topic) => [topic.name, topic.id]))
}

/** A topic with other partitions was made for other sources: its state does not fit, and guessing would mix keys up. */
function checkPartitions(topics: readonly TopicDescription[], wanted: readonly NewTopic[]): void {
  for (const topic of topics) {
    const count = wanted.find((want) => want.name === topic.name)?.partitions
    if (count === undefined || count === topic.partitions.length) continue
    throw new StreamError(
      'TOPIC_INVALID',
      `internal topic "${topic.name}" has ${topic.partitions.length} partitions, but the topology needs ${count}`,
      {
        hint: 'Begin anew with "weft reset", or run under another application id: what was kept is divided by the former number.',
      },
    )
  }
}

function hashOf(topology: Topology): string {
  const shape = { subTopologies: topology.subTopologies, stores: topology.stores }
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 32)
}
