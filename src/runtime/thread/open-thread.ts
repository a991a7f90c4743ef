import type { FunctionHost } from '../../functions/open-functions.ts'
import type {
  FetcherOptions,
  GroupMember,
  IsolationLevel,
  Kafka,
  RebalanceListener,
} from '../../kafka/contracts.ts'
import { Formats } from '../../serde/formats.ts'
import { nameInCluster, topicInCluster } from '../../topology/name-pattern.ts'
import type { FollowUps } from '../assignment/follow-ups.ts'
import { encodeFacts } from '../assignment/member-facts.ts'
import { taskAssignor } from '../assignment/task-assignor.ts'
import type { ApplicationOptions } from '../options.ts'
import { keepWhatIsPromised } from '../plan/internal-topic-settings.ts'
import { ensureDeadLetterTopic, planTopics } from '../plan/topic-plan.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import { connectThread, openProducer, threadName } from './connect-thread.ts'
import { dropFormerThreads } from './former-threads.ts'
import { GlobalTables } from './global-tables.ts'
import { makeMissingTopics } from './missing-topics.ts'
import { Output } from './output.ts'
import { outputTopics } from './output-topics.ts'
import type { Topology } from '../../topology/topology.ts'
import { TopicWatch } from './topic-watch.ts'
import { sayWhatIsUnread } from './unread-topics.ts'
import { Registries } from '../../serde/registries.ts'
import { RecordPolicies } from './record-policies.ts'
import { Restorer } from './restorer.ts'
import type { CleanBudget } from '../../store/clean-budget.ts'
import { cleanBudgetOf } from '../state/state-memory.ts'
import type { ThreadParts } from './thread-parts.ts'

/** What a stream thread has of its own while it lives, tasks apart. */
export interface Equipment {
  readonly isolation: IsolationLevel
  readonly kafka: Kafka
  /** With the topics that its patterns fit. */
  readonly topology: Topology
  readonly topics: TopicWatch
  readonly plan: TopicPlan
  readonly functions: FunctionHost
  readonly formats: Formats
  readonly output: Output
  readonly policies: RecordPolicies
  readonly cleanBudget: CleanBudget
  readonly globals: GlobalTables
  readonly fetcher: ReturnType<Kafka['fetcher']>
  readonly restorer: Restorer
  /** Last opened first; goes on past failures, and throws the first. */
  close(): Promise<void>
}

/**
 * Opens everything but the group member and the functions, in the order that correctness asks for: the producer's `init` ends the open transaction
 * of this thread's former life before any offset is asked for, and global tables are whole before the first record.
 */
export async function openEquipment(
  parts: ThreadParts,
  functions: FunctionHost,
  stopping: () => boolean,
): Promise<Equipment> {
  const closers = [() => functions.close()]
  try {
    const equipment = await openAll(parts, stopping, closers)
    return { ...equipment, functions, close: () => closeAll(closers) }
  } catch (error) {
    await closeAll(closers).catch(() => {})
    throw error
  }
}

async function openAll(
  parts: ThreadParts,
  stopping: () => boolean,
  closers: (() => Promise<void>)[],
): Promise<Omit<Equipment, 'functions' | 'close'>> {
  const { options, surroundings, metrics } = parts
  const { logger } = surroundings
  const cluster = await lookUp(parts, closers)
  const { kafka, topology } = cluster
  const draft = await planTopics(kafka.admin, topology, options)
  const registries = new Registries({ ...surroundings, notations: options.notations })
  closers.push(() => registries.close())
  const formats = openFormats(parts, registries)
  closers.push(async () => formats.close())
  const { output, plan } = await openOutput(parts, { ...cluster, plan: draft }, closers)
  const isolation = options.guarantee === 'exactly_once_v2' ? 'read_committed' : 'read_uncommitted'
  const policies = new RecordPolicies(options, { output, metrics, logger })
  const cleanBudget = measuredBudget(parts)
  const globals = new GlobalTables({
    cleanBudget,
    topology,
    kafka,
    fetcher: kafka.fetcher(fetchOptions(options, isolation)),
    isolation,
    metrics,
    logger,
    clock: surroundings.clock,
    formats,
    onRecordError: (error) => policies.leaveOut(error),
    stopping,
    report: (progress) => parts.onRestore({ work: 'load', by: threadName(parts), ...progress }),
  })
  closers.push(() => globals.close())
  await globals.load()
  const fetcher = kafka.fetcher(fetchOptions(options, isolation))
  closers.push(() => fetcher.close())
  const restorer = new Restorer({
    fetcher: kafka.fetcher(fetchOptions(options, 'read_committed')),
    clock: parts.surroundings.clock,
    logger,
    onProgress: parts.onRestore,
  })
  closers.push(() => restorer.close())
  return {
    ...cluster,
    isolation,
    plan,
    formats,
    output,
    policies,
    cleanBudget,
    globals,
    fetcher,
    restorer,
  }
}

/** Topics that the application makes itself are there afterwards, and keep what it needs. */
async function ownTopics(
  { options, surroundings: { logger } }: ThreadParts,
  { kafka, topology, plan: draft }: Pick<Equipment, 'kafka' | 'topology' | 'plan'>,
): Promise<TopicPlan> {
  const plan = await makeMissingTopics(kafka.admin, { topology, plan: draft, options }, logger)
  await keepWhatIsPromised(kafka.admin, plan, logger)
  await ensureDeadLetterTopic(kafka.admin, options)
  return plan
}

function measuredBudget({ options, metrics }: ThreadParts): CleanBudget {
  const budget = cleanBudgetOf(options)
  metrics.gauge(
    'weft_store_clean_bytes',
    'About what stores keep decoded, beside what is not committed',
    () => budget.usedBytes,
  )
  metrics.gauge(
    'weft_store_uncommitted_bytes',
    'About what stores have that is not committed',
    () => budget.uncommittedBytes,
  )
  return budget
}

async function openOutput(
  parts: ThreadParts,
  cluster: Pick<Equipment, 'kafka' | 'topology' | 'plan'>,
  closers: (() => Promise<void>)[],
): Promise<Pick<Equipment, 'output' | 'plan'>> {
  const { options, metrics } = parts
  const { kafka, topology } = cluster
  const output = new Output(metrics, options)
  await output.use(await openProducer(kafka, parts))
  closers.push(() => output.producer.close())
  // Not before: this asks for committed offsets, and what the former life had open would keep the answer waiting.
  const plan = await ownTopics(parts, cluster)
  // Once a process is enough.
  if (parts.index === 0 && parts.isFirstLife) await lookBack(parts, { kafka, plan })
  await output.learn(outputTopics(topology, options))
  return { output, plan }
}

/** At what a former life of the process, or a former definition, has left behind. */
async function lookBack(
  parts: ThreadParts,
  { kafka, plan }: Pick<Equipment, 'kafka' | 'plan'>,
): Promise<void> {
  const { options, processId, surroundings } = parts
  const { logger } = surroundings
  const endTransaction = async (index: number): Promise<void> =>
    (await openProducer(kafka, { ...parts, index })).close()
  await dropFormerThreads({ admin: kafka.admin, processId, options, logger, endTransaction })
  const openFetcher = () => kafka.fetcher(fetchOptions(options, 'read_committed'))
  await sayWhatIsUnread({ kafka, openFetcher, plan, options, logger })
}

/** The cluster, and the topology with the topics that its patterns fit there. */
async function lookUp(
  parts: ThreadParts,
  closers: (() => Promise<void>)[],
): Promise<Pick<Equipment, 'kafka' | 'topology' | 'topics'>> {
  const { topology, options, surroundings } = parts
  const { logger, clock } = surroundings
  const kafka = connectThread(parts)
  closers.push(() => kafka.close())
  const topics = new TopicWatch({ admin: kafka.admin, topology, options, clock, logger })
  return { kafka, topics, topology: await topics.resolve() }
}

function openFormats({ options, surroundings }: ThreadParts, registries: Registries): Formats {
  const { clock, logger, registryOf } = surroundings
  return new Formats({
    notations: options.notations,
    registryOf: (notation) => registryOf?.(notation) ?? registries.of(notation),
    realTopic: (name) => topicInCluster(name, options.names.topic),
    clock,
    logger,
  })
}

function fetchOptions(options: ApplicationOptions, isolation: IsolationLevel): FetcherOptions {
  return {
    isolation,
    minBytes: 1,
    maxWaitMs: options.fetchMaxWaitMs,
    maxBytes: options.fetchMaxBytes,
    maxPartitionBytes: options.fetchMaxPartitionBytes,
  }
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  let first: unknown
  for (const close of closers.splice(0).toReversed()) {
    try {
      await close()
    } catch (error) {
      first ??= error
    }
  }
  if (first !== undefined) throw first
}

/** How a thread takes part in its group. */
export interface Membership {
  readonly listener: RebalanceListener
  readonly followUps: FollowUps
  /** Ends the thread's sleep, if it sleeps. */
  readonly wake: () => void
}

/** Joins the group as a static member: a thread that comes back takes its former self's place and tasks at once. */
export function joinGroup(
  parts: ThreadParts,
  { kafka, plan }: Equipment,
  { listener, followUps }: Membership,
): GroupMember {
  const { options, processId } = parts
  return kafka.groupMember({
    groupId: nameInCluster(options.applicationId, options.names.group),
    instanceId: threadName(parts),
    sessionTimeoutMs: options.sessionTimeoutMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs,
    heartbeatMs: options.heartbeatMs,
    subscription: () => ({
      topics: plan.sourceTopics,
      userData: encodeFacts({
        topologyHash: plan.topologyHash,
        processId,
        incomplete: false,
        followUps: followUps.requested,
      }),
    }),
    assignor: taskAssignor(plan),
    listener,
  })
}
