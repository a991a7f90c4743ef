import { StreamError } from '../../base/errors.ts'
import { decodeSubscription } from '../../protocol/consumer-protocol.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Group } from './group-coordinator.ts'

/** Tells which topics the members of a group of consumers subscribe to. */
export function subscriptionOf(group: Group): (topic: string) => boolean {
  if (group.kind === 'consumer') return (topic) => group.isSubscribedTo(topic)
  const topics = subscribedTopics(group)
  return (topic) => topics.has(topic)
}

function subscribedTopics(group: ClassicGroup): ReadonlySet<string> {
  const topics = new Set<string>()
  for (const { protocols } of group.members.all())
    for (const { metadata } of protocols) for (const topic of topicsIn(metadata)) topics.add(topic)
  return topics
}

/** A member may send anything as its subscription; what cannot be read subscribes to nothing. */
function topicsIn(metadata: Buffer): readonly string[] {
  try {
    return decodeSubscription(metadata).topics
  } catch (thrown) {
    if (thrown instanceof StreamError && thrown.code === 'PROTOCOL_MALFORMED') return []
    throw thrown
  }
}
