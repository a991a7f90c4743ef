import type { StreamError } from '../../base/errors.ts'
import type { Admin, TopicDescription } from '../../kafka/contracts.ts'
import { topicMissing } from '../../kafka/topic-missing.ts'
import type { Topology } from '../../topology/topology.ts'
import { copartitionProblems, partitionCounts } from './copartition.ts'

interface SeenTopics {
  readonly described: readonly TopicDescription[]
  /** Of the topics that tasks read, repartition topics among them. */
  readonly counts: ReadonlyMap<string, number>
  /** All that keeps the topology from starting. */
  readonly problems: readonly StreamError[]
}

/**
 * Looks at the topics of a topology that it does not make itself.
 *
 * @param topics - those that have to be there, the ones that are read among them
 */
export async function lookAtTopics(
  admin: Pick<Admin, 'describeTopics'>,
  topology: Topology,
  topics: readonly string[],
): Promise<SeenTopics> {
  const described = await admin.describeTopics(topics)
  const present = new Map(described.map(({ name, partitions }) => [name, partitions.length]))
  const counts = partitionCounts(topology, present)
  const missing = topics.filter((topic) => !present.has(topic)).map(topicMissing)
  return { described, counts, problems: [...missing, ...copartitionProblems(topology, counts)] }
}
