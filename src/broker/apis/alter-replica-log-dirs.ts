/**
 * AlterReplicaLogDirs (34): where logs of the node that is asked are to lie. There is one place for all, the data folder or `memory`: who
 * names it is told that they are there, any other is not found.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.alterReplicaLogDirs>>
type Where = { readonly path: string; readonly topic: string; readonly partition: number }

export const alterReplicaLogDirsHandler = defineHandler({
  api: apis.alterReplicaLogDirs,
  demands: () => [onCluster('alter')],
  handle: ({ dirs }, call): Response => answer(dirs, (where) => outcomeOf(where, call)),
  refuse: ({ dirs }, errorCode): Response => answer(dirs, () => errorCode),
})

function answer(
  dirs: readonly {
    readonly path: string
    readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
  }[],
  errorCodeOf: (where: Where) => number,
): Response {
  return {
    results: dirs.flatMap(({ path, topics }) =>
      topics.map(({ name: topic, partitions }) => ({
        topicName: topic,
        partitions: partitions.map((partition) => ({
          partitionIndex: partition,
          errorCode: errorCodeOf({ path, topic, partition }),
        })),
      })),
    ),
  }
}

function outcomeOf({ path, topic: name, partition }: Where, { node, nodeId }: Call): number {
  const problem = (error: KafkaErrorName): number => kafkaErrorCode(error)
  if (path !== node.storage.room().name) return problem('LOG_DIR_NOT_FOUND')
  const topic = node.topics.get(name)
  if (topic?.partitions[partition] === undefined) return problem('UNKNOWN_TOPIC_OR_PARTITION')
  const { replicas } = node.layout.placementOf(topic, partition)
  return replicas.includes(nodeId) ? 0 : problem('REPLICA_NOT_AVAILABLE')
}
