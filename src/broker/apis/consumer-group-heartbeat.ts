/**
 * ConsumerGroupHeartbeat (68): all that a member of a consumer group sends (KIP-848). It joins with epoch 0, leaves with −1, or with −2 where
 * it is static and comes back; what it leaves out has not changed. Offered while the feature `group.version` is at level 1.
 *
 * From version 1 on a member draws its id itself, and may subscribe by a regular expression: those topics that it fits and the member may
 * describe, looked at with each of its heartbeats. An empty one ends that.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import { joining, leavingForAWhile, type ConsumerHeartbeat } from '../groups/consumer-group.ts'
import type { PartitionKeys } from '../groups/consumer-member.ts'
import { partitionKeyOf, serverAssignors } from '../groups/server-assignors.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { PatternProblem, readPattern, type LinearPattern } from '../patterns/linear-pattern.ts'
import { onGroup, rightTo } from './demand.ts'
import { partitionsByTopic } from './partition-keys.ts'
import { refusalOf } from './refusal.ts'

type Request = RequestOf<typeof apis.consumerGroupHeartbeat>
type Response = DeepPartial<ResponseOf<typeof apis.consumerGroupHeartbeat>>

const namesItselfFromVersion = 1

export const consumerGroupHeartbeatHandler = defineHandler({
  api: apis.consumerGroupHeartbeat,
  demands: ({ groupId, subscribedTopicNames }) => [
    onGroup(groupId, 'read'),
    ...(subscribedTopicNames ?? []).map((topic) => rightTo('describe', 'topic', topic)),
  ],
  handle(request, call): Response {
    const { node } = call
    if (node.features.levelOf('group.version') === 0) return refused('UNSUPPORTED_VERSION')
    const problem = findProblem(request, call)
    if (problem !== undefined) return refused(...problem)
    const pattern = readPattern(request.subscribedTopicRegex)
    if (pattern instanceof PatternProblem)
      return refused(
        'INVALID_REGULAR_EXPRESSION',
        `SubscribedTopicRegex \`${request.subscribedTopicRegex}\` is not a valid regular expression: ${pattern.message}.`,
      )
    const group =
      request.memberEpoch === joining
        ? node.groups.obtainConsumer(request.groupId)
        : node.groups.consumerOfMember(request.groupId)
    if (typeof group === 'string') return refused(group, `Group ${request.groupId} is not a consumer group.`)
    const outcome = group.heartbeat(toHeartbeat(request, pattern, call))
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

function findProblem(request: Request, call: Call): [KafkaErrorName, string] | undefined {
  const { memberEpoch, serverAssignor } = request
  const message =
    findNameProblem(request, call) ??
    (memberEpoch === joining ? findJoinProblem(request) : findMemberProblem(request))
  if (message !== undefined) return ['INVALID_REQUEST', message]
  if (serverAssignor === null || Object.hasOwn(serverAssignors, serverAssignor)) return undefined
  const known = Object.keys(serverAssignors).join(', ')
  return [
    'UNSUPPORTED_ASSIGNOR',
    `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known}.`,
  ]
}

function findNameProblem(request: Request, { apiVersion }: Call): string | undefined {
  const { groupId, memberId, instanceId, rackId } = request
  if (apiVersion >= namesItselfFromVersion && memberId === '') return "MemberId can't be empty."
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
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions === null || topicPartitions.length > 0)
    return 'TopicPartitions must be empty when (re-)joining.'
  const byName = subscribedTopicNames !== null && subscribedTopicNames.length > 0
  const byPattern = subscribedTopicRegex !== null && subscribedTopicRegex !== ''
  if (!byName && !byPattern)
    return 'Either SubscribedTopicNames or SubscribedTopicRegex must be set when (re-)joining.'
  return undefined
}

function topicsFitting(pattern: LinearPattern, call: Call): readonly string[] {
  return call.node.topics
    .all()
    .map(({ name }) => name)
    .filter(
      (name) => pattern.matches(name) && refusalOf(call, rightTo('describe', 'topic', name)) === undefined,
    )
    .toSorted()
}

function toHeartbeat(request: Request, pattern: LinearPattern | undefined, call: Call): ConsumerHeartbeat {
  const { clientId, clientHost } = call
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
    // Null says nothing of one, the empty text that there is to be none.
    pattern: request.subscribedTopicRegex === '' ? null : pattern,
    topicsFitting: (pattern) => topicsFitting(pattern, call),
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
