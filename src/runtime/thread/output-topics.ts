import type { Topology } from '../../topology/topology.ts'
import { outputTopics as namedOutputs } from '../../topology/outer-topics.ts'
import type { ApplicationOptions } from '../options.ts'
import { changeLogTopic, repartitionTopic } from '../plan/topic-names.ts'

/** Every topic that is known to be written to before the first record is; functions may name others later. */
export function outputTopics(topology: Topology, options: ApplicationOptions): Set<string> {
  const topics = new Set(namedOutputs(topology))
  for (const node of topology.nodes)
    if (node.kind === 'repartition') topics.add(repartitionTopic(options, node.topic))
  for (const store of topology.stores)
    if (store.logging === 'own') topics.add(changeLogTopic(options, store.name))
  if (Object.values(options.policies).includes('dead_letter')) topics.add(options.deadLetterTopic)
  return topics
}
