import type { Logger } from '../../base/logger.ts'
import type { Admin } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic } from '../plan/topic-names.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'

/**
 * Says which stores begin empty though their input was processed before. That is right for a store that the definition has got since. Where
 * the change log was deleted, nothing else tells: the store is built from the new one, and counts from nothing.
 */
export async function sayWhatStartsEmpty(
  admin: Pick<Admin, 'groupOffsets'>,
  { topology, plan, options }: Planned,
  logger: Logger,
): Promise<void> {
  const isMade = (store: string): boolean => plan.madeTopics.has(changeLogTopic(options, store))
  const subs = topology.subTopologies.filter(({ stores }) => stores.some(isMade))
  if (subs.length === 0) return
  const offsets = await admin.groupOffsets(nameInCluster(options.applicationId, options.names.group))
  const committed = new Set(offsets.filter(({ offset }) => offset > 0).map(({ topic }) => topic))
  for (const { index, stores } of subs) {
    const topics = plan.subTopologies.find((planned) => planned.index === index)?.topics ?? []
    if (topics.some((topic) => committed.has(topic)))
      logger.warn('change logs did not exist though input was processed before: stores start empty', {
        stores: stores.filter(isMade),
        hint: 'Right for stores that are new in the definition. If their change logs were deleted, stop, and bring them back or begin anew with "weft reset".',
      })
  }
}

interface Planned {
  readonly topology: Topology
  readonly plan: TopicPlan
  readonly options: ApplicationOptions
}
