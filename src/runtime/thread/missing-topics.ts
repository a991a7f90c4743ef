import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin, CommittedOffset, NewTopic } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import type { StoreSpec, SubTopology, Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic, repartitionTopic } from '../plan/topic-names.ts'
import { makeInternalTopics, type TopicPlan } from '../plan/topic-plan.ts'
import { hadRepartitions, markedLog, repartitionsOf } from '../task/topics-mark.ts'

interface Planned {
  readonly topology: Topology
  /** Without internal topics. */
  readonly plan: TopicPlan
  readonly options: ApplicationOptions
}

type AskedAdmin = Pick<Admin, 'describeTopics' | 'createTopics' | 'existingTopics' | 'groupOffsets'>

/**
 * Makes internal topics that are missing, unless one of them is a topic that there was. Stores would be built from a new change log, and count
 * from nothing though their input was processed: that is right for a store that the definition has got since; the log names those. What a
 * repartition topic held on its way would be left out.
 *
 * @throws StreamError `CHANGE_LOG_LOST`, `TOPIC_INVALID`
 */
export async function makeMissingTopics(
  admin: AskedAdmin,
  planned: Planned,
  logger: Logger,
): Promise<TopicPlan> {
  let beginning: readonly string[] = []
  const plan = await makeInternalTopics(admin, planned.plan, async (missing) => {
    beginning = await storesThatBegin(admin, planned, missing)
  })
  const stores = beginning.filter((store) => plan.madeTopics.has(changeLogTopic(planned.options, store)))
  if (stores.length > 0)
    logger.warn('change logs did not exist though input was processed before: stores start empty', {
      stores,
      hint: 'Right for stores that are new in the definition. If their change logs were deleted, stop, and bring them back or begin anew with "weft reset".',
    })
  return plan
}

/** The stores that have no change log yet though input of theirs was processed. @throws StreamError `CHANGE_LOG_LOST` */
async function storesThatBegin(
  admin: AskedAdmin,
  planned: Planned,
  missing: readonly NewTopic[],
): Promise<string[]> {
  const group = nameInCluster(planned.options.applicationId, planned.options.names.group)
  const found = { missing, offsets: await admin.groupOffsets(group) }
  const looks = planned.topology.subTopologies.map((sub) => lookAtSub(planned, sub, found))
  // The writer and the reader of a repartition topic may both tell.
  const lost = new Map(looks.flatMap((look) => look.lost).map((one) => [one.topic.name, one]))
  if (lost.size > 0) await refuse(admin, [...lost.values()], missing)
  return looks.flatMap(({ begins }) => begins)
}

interface Found {
  readonly missing: readonly NewTopic[]
  readonly offsets: readonly CommittedOffset[]
}

/** What is missing of a sub-topology whose input was processed: what there was, and stores that begin. */
function lookAtSub(
  { topology, plan, options }: Planned,
  sub: SubTopology,
  { missing, offsets }: Found,
): { readonly lost: readonly LostTopic[]; readonly begins: readonly string[] } {
  const topics = plan.subTopologies.find(({ index }) => index === sub.index)?.topics ?? []
  const processed = offsets.filter(({ topic, offset }) => offset > 0 && topics.includes(topic))
  if (processed.length === 0) return { lost: [], begins: [] }
  const repartitions = repartitionsOf(topology.nodes.filter(({ id }) => sub.nodes.includes(id)))
  const names = new Set(repartitions.map((name) => repartitionTopic(options, name)))
  const passed = missing
    .filter(({ name }) => names.has(name))
    .map((topic) => ({ topic, what: `repartition topic "${topic.name}"` }))
  const logs = topology.stores.flatMap((store) =>
    missing
      .filter(({ name }) => sub.stores.includes(store.name) && name === changeLogTopic(options, store.name))
      .map((topic) => ({ store, topic, what: `change log "${topic.name}" of store "${store.name}"` })),
  )
  const hadPassed = processed.some((offset) => hadRepartitions(offset, repartitions))
  const hadLog = ({ store }: { readonly store: StoreSpec }): boolean =>
    processed.some((offset) => ['same', 'other'].includes(markedLog(offset, store) ?? 'none'))
  return {
    lost: [...(hadPassed ? passed : []), ...logs.filter(hadLog)],
    begins: logs.filter((log) => !hadLog(log)).map(({ store }) => store.name),
  }
}

interface LostTopic {
  readonly what: string
  readonly topic: NewTopic
}

/** Unless it was a broker that has just begun and knows less than the controller: then the topics are there. */
async function refuse(
  admin: Pick<Admin, 'existingTopics'>,
  seeming: readonly LostTopic[],
  missing: readonly NewTopic[],
): Promise<void> {
  const existing = await admin.existingTopics(missing)
  const lost = seeming.filter(({ topic }) => !existing.includes(topic.name))
  const [first] = lost
  if (first === undefined) return
  const names = missing.map(({ name }) => name).filter((name) => !existing.includes(name))
  const made = lost.map(({ topic }) => `weft topics create ${topic.name} --partitions ${topic.partitions}`)
  throw new StreamError('CHANGE_LOG_LOST', `the ${first.what} is gone`, {
    detail: `The group has committed input that was counted or passed on there. Internal topics which do not exist: ${names.join(', ')}.`,
    hint: `Bring them back with their records, or let the application begin anew with "weft reset". To go on without what they held, delete its state folders and make the topics: ${made.join('; ')}`,
  })
}
