import type { PartitionKeys } from '../groups/consumer-member.ts'

/** Keys as messages have them: a list of partitions for each topic id. */
export function partitionsByTopic(keys: PartitionKeys): { topicId: string; partitions: number[] }[] {
  const pairs = [...keys].map((key) => {
    const [topicId = '', partition] = key.split(':')
    return { topicId, partition: Number(partition) }
  })
  return [...Map.groupBy(pairs, ({ topicId }) => topicId)].map(([topicId, found]) => ({
    topicId,
    partitions: found.map(({ partition }) => partition).toSorted((a, b) => a - b),
  }))
}
