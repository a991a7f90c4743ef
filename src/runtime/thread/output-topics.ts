import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic, repartitionTopic } from '../plan/topic-names.ts'

/** Every topic that is known to be written to before the first record is; functions may name others later. */
export function outputTopics(topology: Topology, options: ApplicationOptions): Set<string> {
  const topics = new Set<string>()
  for (const node of topology.nodes) {
    if (node.kind === 'sink' && node.topic.kind === 'topic') topics.add(node.topic.name)
    if (node.kind === 'repartition') topics.add(repartitionTopic(options, node.topic))
  }
  for (const store of topology.stores)
    if (store.logging === 'own') topics.add(changeLogTopic(options, store.name))
  if (Object.values(options.policies).includes('dead_letter')) topics.add(options.deadLetterTopic)
  return topics
}
