/** Which topics of a cluster an application has made itself, now or under a former definition. */
import type { Admin } from '../kafka/contracts.ts'
import { topicInCluster, topicInDefinition } from '../topology/name-pattern.ts'
import type { ApplicationOptions } from './options.ts'

/** What internal topics end in, as Kafka Streams has it. */
export type InternalKind = 'changelog' | 'repartition'

/** The names in the cluster, without those of applications whose ids begin with this one and a hyphen: their topics' names do so, too. */
export async function internalTopics(
  admin: Pick<Admin, 'listTopics' | 'listGroups'>,
  { applicationId, names }: Pick<ApplicationOptions, 'applicationId' | 'names'>,
  kinds: readonly InternalKind[],
): Promise<string[]> {
  const isOf = (topic: string, id: string): boolean => {
    const own = topicInDefinition(topic, names.topic)
    // What the pattern does not fit is another application's.
    return topicInCluster(own, names.topic) === topic && isInternal(own, id, kinds)
  }
  const topics = (await admin.listTopics())
    .map(({ name }) => name)
    .filter((name) => isOf(name, applicationId))
    .toSorted()
  if (topics.length === 0) return topics
  const others = (await admin.listGroups())
    .map(({ groupId }) => topicInDefinition(groupId, names.group))
    .filter((id) => id.startsWith(`${applicationId}-`))
  return topics.filter((name) => !others.some((other) => isOf(name, other)))
}

function isInternal(topic: string, applicationId: string, kinds: readonly InternalKind[]): boolean {
  const begin = `${applicationId}-`
  const name = topic.slice(begin.length)
  return (
    topic.startsWith(begin) &&
    kinds.some((kind) => name.endsWith(`-${kind}`) && name.length > kind.length + 1)
  )
}
