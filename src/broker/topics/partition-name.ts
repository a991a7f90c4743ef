export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

/** By which maps know a partition. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}-${partition}`
}
