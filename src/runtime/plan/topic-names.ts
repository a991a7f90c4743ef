import { internalTopic } from '../../topology/name-pattern.ts'
import type { ApplicationOptions } from '../options.ts'

/** What decides the names of the topics that an application makes itself. */
export type Naming = Pick<ApplicationOptions, 'applicationId' | 'names'>

/** Kafka Streams' name of a store's change log. */
export function changeLogTopic(naming: Naming, store: string): string {
  return ownTopic(naming, `${store}-changelog`)
}

/** Kafka Streams' name of an internal topic; `name` ends in `-repartition` already. */
export function repartitionTopic(naming: Naming, name: string): string {
  return ownTopic(naming, name)
}

function ownTopic({ applicationId, names }: Naming, name: string): string {
  return internalTopic(applicationId, name, names.topic)
}
