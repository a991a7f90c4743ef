import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Admin, NewTopic } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic } from '../plan/topic-names.ts'
import { makeInternalTopics, type TopicPlan } from '../plan/topic-plan.ts'
import { isMarkedBy, storesMark } from '../task/stores-mark.ts'

interface Planned {
  readonly topology: Topology
  /** Without internal topics. */
  readonly plan: TopicPlan
  readonly options: ApplicationOptions
}

type AskedAdmin = Pick<Admin, 'describeTopics' | 'createTopics' | 'existingTopics' | 'groupOffsets'>

/**
 * Makes internal topics that are missing, unless one of them is a change log that there was: stores would be built from the new one, and count
 * from nothing though their input was processed. That is right for a store that the definition has got since; the log names those.
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
  const newLogs = new Map(missing.map((topic) => [topic.name, topic]))
  const newLogOf = (store: string): NewTopic | undefined => newLogs.get(changeLogTopic(options, store))
  const subs = topology.subTopologies.filter(({ stores }) => stores.some(newLogOf))
  if (subs.length === 0) return []
  const offsets = await admin.groupOffsets(nameInCluster(options.applicationId, options.names.group))
  const begins: string[] = []
  const lost: LostLog[] = []
  for (const { index, stores } of subs) {
    const topics = plan.subTopologies.find((planned) => planned.index === index)?.topics ?? []
    const processed = offsets.filter(({ topic, offset }) => offset > 0 && topics.includes(topic))
    const mark = storesMark(topology.stores.filter(({ name }) => stores.includes(name)))
    const hadLogs = processed.some((offset) => isMarkedBy(offset, mark))
    for (const store of stores) {
      const topic = newLogOf(store)
      if (topic === undefined || processed.length === 0) continue
      if (hadLogs) lost.push({ store, topic })
      else begins.push(store)
    }
  }
  if (lost.length > 0) await refuse(admin, lost)
  return begins
}

interface LostLog {
  readonly store: string
  readonly topic: NewTopic
}

/** Unless it was a broker that has just begun and knows less than the controller: then the topics are there. */
async function refuse(admin: Pick<Admin, 'existingTopics'>, seeming: readonly LostLog[]): Promise<void> {
  const existing = await admin.existingTopics(seeming.map(({ topic }) => topic))
  const lost = seeming.filter(({ topic }) => !existing.includes(topic.name))
  const [first] = lost
  if (first === undefined) return
  const names = lost.map(({ topic }) => topic.name)
  const made = lost.map(({ topic }) => `weft topics create ${topic.name} --partitions ${topic.partitions}`)
  throw new StreamError(
    'CHANGE_LOG_LOST',
    `the change log "${first.topic.name}" of store "${first.store}" is gone`,
    {
      detail: `The group has committed input that was counted in topics which do not exist: ${names.join(', ')}.`,
      hint: `Bring them back with their records, or let the application begin anew with "weft reset". To go on with empty stores, delete its state folders and make the topics: ${made.join('; ')}`,
    },
  )
}
