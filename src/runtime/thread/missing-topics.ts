import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin, NewTopic } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import type { SubTopology, Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic, repartitionTopic } from '../plan/topic-names.ts'
import { makeInternalTopics, type TopicPlan } from '../plan/topic-plan.ts'
import type { NamedTimes } from '../task/offset-metadata.ts'
import { isMarkedBy, repartitionsMark, repartitionsOf, storesMark } from '../task/topics-mark.ts'

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
  { topology, plan, options }: Planned,
  missing: readonly NewTopic[],
): Promise<string[]> {
  if (missing.length === 0) return []
  const newTopics = new Map(missing.map((topic) => [topic.name, topic]))
  const offsets = await admin.groupOffsets(nameInCluster(options.applicationId, options.names.group))
  const begins: string[] = []
  const lost = new Map<string, LostTopic>()
  const lose = (topic: NewTopic, what: string): unknown => lost.set(topic.name, { topic, what })
  for (const sub of topology.subTopologies) {
    const topics = plan.subTopologies.find(({ index }) => index === sub.index)?.topics ?? []
    const processed = offsets.filter(({ topic, offset }) => offset > 0 && topics.includes(topic))
    if (processed.length === 0) continue
    const { repartitions, marks } = ownOf(topology, sub)
    const had = (mark: NamedTimes): boolean => processed.some((offset) => isMarkedBy(offset, mark))
    for (const name of repartitions) {
      const topic = newTopics.get(repartitionTopic(options, name))
      if (topic !== undefined && had(marks.repartitions)) lose(topic, `repartition topic "${topic.name}"`)
    }
    for (const store of sub.stores) {
      const topic = newTopics.get(changeLogTopic(options, store))
      if (topic === undefined) continue
      if (had(marks.stores)) lose(topic, `change log "${topic.name}" of store "${store}"`)
      else begins.push(store)
    }
  }
  if (lost.size > 0) await refuse(admin, [...lost.values()], missing)
  return begins
}

function ownOf(topology: Topology, { nodes, stores }: SubTopology) {
  const repartitions = repartitionsOf(topology.nodes.filter(({ id }) => nodes.includes(id)))
  const own = topology.stores.filter(({ name }) => stores.includes(name))
  return { repartitions, marks: { repartitions: repartitionsMark(repartitions), stores: storesMark(own) } }
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
