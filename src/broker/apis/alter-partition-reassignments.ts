/**
 * AlterPartitionReassignments (45): other replicas for partitions. Nothing is copied, since replicas share one log: a reassignment is done when
 * it is answered, and there is never one to cancel (null replicas). From version 1 on it may be forbidden to change their number.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { assignmentProblem } from '../cluster/replica-assignment.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Request = RequestOf<typeof apis.alterPartitionReassignments>
type Response = DeepPartial<ResponseOf<typeof apis.alterPartitionReassignments>>
type Outcome = readonly [KafkaErrorName, string | null]

export const alterPartitionReassignmentsHandler = defineHandler({
  api: apis.alterPartitionReassignments,
  demands: () => [onCluster('alter')],
  handle: (request, call): Response => ({
    errorMessage: null,
    allowReplicationFactorChange: request.allowReplicationFactorChange,
    responses: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const place = { name, partition: partitionIndex, mayResize: request.allowReplicationFactorChange }
        const [error, errorMessage] = reassign(place, replicas, call)
        return { partitionIndex, errorCode: kafkaErrorCode(error), errorMessage }
      }),
    })),
  }),
  refuse: (_request: Request, errorCode): Response => ({ errorCode, errorMessage: null }),
})

function reassign(
  { name, partition, mayResize }: { name: string; partition: number; mayResize: boolean },
  replicas: readonly number[] | null,
  { node }: Call,
): Outcome {
  const { topics, layout, logger } = node
  const topic = topics.get(name)
  if (topic?.partitions[partition] === undefined)
    return ['UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic-partition ${name}-${partition}.`]
  if (replicas === null) return ['NO_REASSIGNMENT_IN_PROGRESS', 'No partition reassignment is in progress.']
  const problem = assignmentProblem(replicas, layout)
  if (problem !== undefined) return ['INVALID_REPLICA_ASSIGNMENT', problem]
  const now = layout.placementOf(topic, partition).replicas.length
  if (!mayResize && replicas.length !== now)
    return [
      'INVALID_REPLICATION_FACTOR',
      `The replication factor is changed from ${now} to ${replicas.length}`,
    ]
  layout.reassign(topic, partition, replicas)
  logger.info('replicas reassigned', { topic: name, partition, replicas })
  return ['NONE', null]
}
