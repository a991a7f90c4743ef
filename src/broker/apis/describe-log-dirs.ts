/**
 * DescribeLogDirs (35): how large the logs of the node that is asked are. All of them lie in one place, the data folder or `memory`, and
 * its room is told: that of the volume, or what records may take in memory. Null topics mean all; what the node has no replica of is left out, as in Kafka.
 * From version 3 on there is a place for a refusal, from version 4 on for the room.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import type { Topic } from '../topics/topics.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Request = RequestOf<typeof apis.describeLogDirs>
type Response = DeepPartial<ResponseOf<typeof apis.describeLogDirs>>
type Replicas = { readonly topic: Topic; readonly partitions: readonly number[] }

export const describeLogDirsHandler = defineHandler({
  api: apis.describeLogDirs,
  demands: () => [onCluster('describe')],
  handle(request, call): Response {
    const topics = replicasOf(request, call).map(({ topic, partitions }) => ({
      name: topic.name,
      partitions: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionSize: topic.partitions[partitionIndex]?.sizeBytes ?? 0,
      })),
    }))
    const { name: logDir, ...room } = call.node.storage.room()
    return {
      results: [{ logDir, topics: topics.filter(({ partitions }) => partitions.length > 0), ...room }],
    }
  },
  // Before version 3 there is no place for an error but a folder.
  refuse: (_request, errorCode, { apiVersion, node }): Response =>
    apiVersion >= 3 ? { errorCode } : { results: [{ errorCode, logDir: node.storage.room().name }] },
})

function replicasOf({ topics }: Request, { node, nodeId }: Call): Replicas[] {
  const asked =
    topics ??
    node.topics.all().map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
  return asked.flatMap(({ topic: name, partitions }) => {
    const topic = node.topics.get(name)
    if (topic === undefined) return []
    const isHere = (partition: number): boolean =>
      topic.partitions[partition] !== undefined &&
      node.layout.placementOf(topic, partition).replicas.includes(nodeId)
    return [{ topic, partitions: partitions.filter(isHere) }]
  })
}
