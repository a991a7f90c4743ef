// Membership of groups whose broker assigns (KIP-848). Facts from Kafka's public message definitions (4.3).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, int16, int32, int8, string, struct, uuid } from '../message/fields.ts'

const assignedPartitions = {
  topicId: uuid(),
  partitions: arrayOf('int32'),
}

export const consumerGroupHeartbeat = defineApi(
  { key: 68, name: 'ConsumerGroupHeartbeat', versions: '0-1', flexible: '0+' },
  {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    subscribedTopicNames: arrayOf('string', '0+', { nullable: '0+', default: null }),
    subscribedTopicRegex: string('1+', { nullable: '1+', default: null }),
    serverAssignor: string('0+', { nullable: '0+', default: null }),
    topicPartitions: array('0+', assignedPartitions, { nullable: '0+', default: null }),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+', { nullable: '0+', default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      '0+',
      {
        topicPartitions: array('0+', assignedPartitions),
      },
      { nullable: '0+', default: null },
    ),
  },
)

const namedPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: arrayOf('int32'),
}

const assignment = {
  topicPartitions: array('0+', namedPartitions),
}

export const consumerGroupDescribe = defineApi(
  { key: 69, name: 'ConsumerGroupDescribe', versions: '0-1', flexible: '0+' },
  {
    groupIds: arrayOf('string'),
    includeAuthorizedOperations: bool(),
  },
  {
    throttleTimeMs: int32(),
    groups: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array('0+', {
        memberId: string(),
        instanceId: string('0+', { nullable: '0+', default: null }),
        rackId: string('0+', { nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: arrayOf('string'),
        subscribedTopicRegex: string('0+', { nullable: '0+', default: null }),
        assignment: struct('0+', assignment),
        targetAssignment: struct('0+', assignment),
        memberType: int8('1+', { default: -1, ignorable: true }),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  },
)
