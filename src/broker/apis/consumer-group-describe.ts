/**
 * ConsumerGroupDescribe (69): state, epochs and members of consumer groups; a classic group is not found here. From version 1 on a member says
 * which protocol it speaks, which is always this one.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { consumerGroupStateNames, type ConsumerGroup } from '../groups/consumer-group.ts'
import type { ConsumerMember, PartitionKeys } from '../groups/consumer-member.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { groupOperations, notAsked } from './authorized-operations.ts'
import { onGroup } from './demand.ts'
import { partitionsByTopic } from './partition-keys.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.consumerGroupDescribe>>
type GroupAnswer = NonNullable<Response['groups']>[number]

const memberType = 1

export const consumerGroupDescribeHandler = defineHandler({
  api: apis.consumerGroupDescribe,
  handle: ({ groupIds, includeAuthorizedOperations }, call): Response => ({
    groups: groupIds.map((groupId) => {
      const refused = refusalOf(call, onGroup(groupId, 'describe'))
      if (refused !== undefined) return { groupId, errorCode: kafkaErrorCode(refused) }
      const group = call.node.groups.consumer(groupId)
      if (group === undefined) return notFound(groupId, call)
      const may = includeAuthorizedOperations ? groupOperations(groupId, call) : notAsked
      return { ...describe(group, call), authorizedOperations: may }
    }),
  }),
  refuse: ({ groupIds }, errorCode): Response => ({
    groups: groupIds.map((groupId) => ({ groupId, errorCode })),
  }),
})

function notFound(groupId: string, { node }: Call): GroupAnswer {
  const known = node.groups.get(groupId) !== undefined
  const errorMessage = known ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
  return { groupId, errorCode: kafkaErrorCode('GROUP_ID_NOT_FOUND'), errorMessage }
}

function describe(group: ConsumerGroup, call: Call): GroupAnswer {
  return {
    groupId: group.groupId,
    groupState: consumerGroupStateNames[group.state],
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.assignor,
    members: group.members().map((member) => describeMember(member, group.targetOf(member.memberId), call)),
  }
}

function describeMember(member: ConsumerMember, target: PartitionKeys, call: Call) {
  const { memberId, instanceId, rackId, epoch, clientId, clientHost, subscribedTopics, assigned } = member
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost,
    subscribedTopicNames: subscribedTopics,
    subscribedTopicRegex: member.pattern?.text ?? null,
    assignment: { topicPartitions: named(assigned, call) },
    targetAssignment: { topicPartitions: named(target, call) },
    memberType,
  }
}

function named(keys: PartitionKeys, { node }: Call) {
  return partitionsByTopic(keys).map(({ topicId, partitions }) => ({
    topicId,
    topicName: node.topics.byId(topicId)?.name ?? '',
    partitions,
  }))
}
