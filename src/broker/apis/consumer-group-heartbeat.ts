/**
 * ConsumerGroupHeartbeat (68): all that a member of a consumer group sends (KIP-848). It joins with epoch 0, leaves with −1, or with −2 where
 * it is static and comes back; what it leaves out has not changed. Offered while the feature `group.version` is at level 1.
 *
 * Version 1, with regular expressions that the broker is to match, is not offered: one from outside could hold the thread for ever.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { joining, leavingForAWhile, type ConsumerHeartbeat } from '../groups/consumer-group.ts'
import type { PartitionKeys } from '../groups/consumer-member.ts'
import { partitionKeyOf, serverAssignors } from '../groups/server-assignors.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onGroup, rightTo } from './demand.ts'
import { partitionsByTopic } from './partition-keys.ts'

type Request = RequestOf<typeof apis.consumerGroupHeartbeat>
type Response = DeepPartial<ResponseOf<typeof apis.consumerGroupHeartbeat>>

export const consumerGroupHeartbeatHandler = defineHandler({
  api: apis.consumerGroupHeartbeat,
  maxVersion: 0,
  demands: ({ groupId, subscribedTopicNames }) => [
    onGroup(groupId, 'read'),
    ...(subscribedTopicNames ?? []).map((topic) => rightTo('describe', 'topic', topic)),
  ],
  handle(request, call): Response {
    const { node } = call
    if (node.features.levelOf('group.version') === 0) return refused('UNSUPPORTED_VERSION')
    const problem = findProblem(request)
    if (problem !== undefined) return refused(...problem)
    const group =
      request.memberEpoch === joining
        ? node.groups.obtainConsumer(request.groupId)
        : (node.groups.consumer(request.groupId) ?? 'GROUP_ID_NOT_FOUND')
    if (typeof group === 'string') return refused(group, `Group ${request.groupId} is not a consumer group.`)
    const outcome = group.heartbeat(toHeartbeat(request, call))
    if (outcome.kind === 'refused') return refused(outcome.error, outcome.message)
    const { memberId, epoch, assigned } = outcome
    return {
      memberId,
      memberEpoch: epoch,
      heartbeatIntervalMs: epoch < 0 ? 0 : node.config.consumerGroupHeartbeatIntervalMs,
      assignment: assigned === undefined ? null : { topicPartitions: partitionsByTopic(assigned) },
    }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})

function findProblem(request: Request): [KafkaErrorName, string] | undefined {
  const { memberEpoch, serverAssignor } = request
  const message =
    findNameProblem(request) ??
    (memberEpoch === joining ? findJoinProblem(request) : findMemberProblem(request))
  if (message !== undefined) return ['INVALID_REQUEST', message]
  if (serverAssignor === null || Object.hasOwn(serverAssignors, serverAssignor)) return undefined
  const known = Object.keys(serverAssignors).join(', ')
  return [
    'UNSUPPORTED_ASSIGNOR',
    `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known}.`,
  ]
}

function findNameProblem({ groupId, instanceId, rackId }: Request): string | undefined {
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (instanceId?.trim() === '') return "InstanceId can't be empty."
  return rackId?.trim() === '' ? "RackId can't be empty." : undefined
}

function findMemberProblem({ memberId, memberEpoch, instanceId }: Request): string | undefined {
  if (memberEpoch < leavingForAWhile) return 'MemberEpoch is invalid.'
  if (memberId === '') return "MemberId can't be empty."
  const restless = memberEpoch === leavingForAWhile && instanceId === null
  return restless ? "InstanceId can't be null." : undefined
}

function findJoinProblem(request: Request): string | undefined {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions === null || topicPartitions.length > 0)
    return 'TopicPartitions must be empty when (re-)joining.'
  if (subscribedTopicNames === null || subscribedTopicNames.length === 0)
    return 'SubscribedTopicNames must be set in first request.'
  return undefined
}

function toHeartbeat(request: Request, { clientId, clientHost }: Call): ConsumerHeartbeat {
  const { rebalanceTimeoutMs, subscribedTopicNames, serverAssignor, topicPartitions } = request
  return {
    memberId: request.memberId,
    instanceId: request.instanceId,
    rackId: request.rackId,
    epoch: request.memberEpoch,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? undefined : rebalanceTimeoutMs,
    subscribedTopics: subscribedTopicNames ?? undefined,
    serverAssignor: serverAssignor ?? undefined,
    owned: topicPartitions === null ? undefined : keysOf(topicPartitions),
  }
}

function keysOf(topics: NonNullable<Request['topicPartitions']>): PartitionKeys {
  return new Set(
    topics.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => partitionKeyOf(topicId, partition)),
    ),
  )
}

function refused(error: KafkaErrorName, errorMessage: string | null = null): Response {
  return { errorCode: kafkaErrorCode(error), errorMessage }
}
