import type { StreamError } from '../base/errors.ts'
import type { Admin } from '../kafka/contracts.ts'
import { inputTopics, outputTopics } from '../topology/outer-topics.ts'
import type { Topology } from '../topology/topology.ts'
import { lookAtTopics } from './plan/look-at-topics.ts'

/**
 * What a start would find wrong with the topics of a cluster, all of it; nothing is made there. Topics of patterns are not looked at.
 *
 * @param topology - with the names that topics have in the cluster
 * @returns `TOPIC_MISSING` for what is read or written, `JOIN_NOT_COPARTITIONED`
 */
export async function topicProblems(
  admin: Pick<Admin, 'describeTopics'>,
  topology: Topology,
): Promise<readonly StreamError[]> {
  const topics = new Set([...inputTopics(topology), ...outputTopics(topology)])
  const { problems } = await lookAtTopics(admin, topology, [...topics])
  return problems
}
