import { partitionKey, type TopicPartition } from '../contracts.ts'

/** Those of `left` that `right` lacks. */
export function without(left: readonly TopicPartition[], right: readonly TopicPartition[]): TopicPartition[] {
  const taken = new Set(right.map((partition) => partitionKey(partition)))
  return left.filter((partition) => !taken.has(partitionKey(partition)))
}

/** Partitions as the protocol lists them. */
export function byTopic(
  partitions: readonly TopicPartition[],
): { readonly topic: string; readonly partitions: number[] }[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, parts]) => ({
    topic,
    partitions: parts.map(({ partition }) => partition),
  }))
}

export function flattened(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}
