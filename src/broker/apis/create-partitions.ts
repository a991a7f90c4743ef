/** CreatePartitions (37): more partitions for a topic, never fewer. A manual assignment can only name this node. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { NodeState } from '../node/node-state.ts'
import { defineHandler } from './api-handler.ts'

type Wanted = RequestOf<typeof apis.createPartitions>['topics'][number]
type Response = DeepPartial<ResponseOf<typeof apis.createPartitions>>
type Result = NonNullable<Response['results']>[number]

export const createPartitionsHandler = defineHandler({
  api: apis.createPartitions,
  handle: (request, { node }): Response => ({
    results: request.topics.map((wanted) => growOne(wanted, request.validateOnly, node)),
  }),
  refuse: (request, errorCode): Response => ({
    results: request.topics.map(({ name }) => ({ name, errorCode })),
  }),
})

function growOne(wanted: Wanted, validateOnly: boolean, node: NodeState): Result {
  const { name, count, assignments } = wanted
  const failed = (error: KafkaErrorName, errorMessage: string): Result => ({
    name,
    errorCode: kafkaErrorCode(error),
    errorMessage,
  })
  const topic = node.topics.get(name)
  if (topic === undefined)
    return failed('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
  const now = topic.partitions.length
  if (count <= now)
    return failed(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${now} partition(s); ${count} would not be an increase.`,
    )
  if (!node.topics.hasRoomFor(count - now))
    return failed(
      'POLICY_VIOLATION',
      `The broker holds at most ${node.config.partitionsMax} partitions (partitionsMax).`,
    )
  const mine = assignments?.every(
    ({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === node.config.nodeId,
  )
  if (mine === false || (assignments !== null && assignments.length !== count - now))
    return failed('INVALID_REPLICA_ASSIGNMENT', 'Each new partition needs this broker as its only replica.')
  if (!validateOnly) node.topics.grow(topic, count)
  return { name }
}
