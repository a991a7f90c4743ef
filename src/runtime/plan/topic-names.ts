/** Kafka Streams' name of a store's change log. */
export function changeLogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

/** Kafka Streams' name of an internal topic; `name` ends in `-repartition` already. */
export function repartitionTopic(applicationId: string, name: string): string {
  return `${applicationId}-${name}`
}
