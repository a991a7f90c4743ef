// Membership of classic groups. Facts from Kafka's public message definitions (4.3; versions that only older brokers know: 3.9).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, bytes, int16, int32, string } from '../message/fields.ts'

export const joinGroup = defineApi(
  { key: 11, name: 'JoinGroup', versions: '0-9', flexible: '6+' },
  {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32('1+', { default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string('5+', { nullable: '0+', default: null }),
    protocolType: string(),
    protocols: array('0+', {
      name: string(),
      metadata: bytes(),
    }),
    reason: string('8+', { nullable: '0+', default: null, ignorable: true }),
  },
  {
    throttleTimeMs: int32('2+', { ignorable: true }),
    errorCode: int16(),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { nullable: '0+', default: null, ignorable: true }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string(),
    skipAssignment: bool('9+'),
    memberId: string(),
    members: array('0+', {
      memberId: string(),
      groupInstanceId: string('5+', { nullable: '0+', default: null, ignorable: true }),
      metadata: bytes(),
    }),
  },
)

export const syncGroup = defineApi(
  { key: 14, name: 'SyncGroup', versions: '0-5', flexible: '4+' },
  {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: '0+', default: null }),
    protocolType: string('5+', { nullable: '0+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '0+', default: null, ignorable: true }),
    assignments: array('0+', {
      memberId: string(),
      assignment: bytes(),
    }),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    protocolType: string('5+', { nullable: '0+', default: null, ignorable: true }),
    protocolName: string('5+', { nullable: '0+', default: null, ignorable: true }),
    assignment: bytes(),
  },
)

export const heartbeat = defineApi(
  { key: 12, name: 'Heartbeat', versions: '0-4', flexible: '4+' },
  {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: '0+', default: null }),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
  },
)

export const leaveGroup = defineApi(
  { key: 13, name: 'LeaveGroup', versions: '0-5', flexible: '4+' },
  {
    groupId: string(),
    memberId: string('0-2'),
    members: array('3+', {
      memberId: string(),
      groupInstanceId: string('0+', { nullable: '0+', default: null }),
      reason: string('5+', { nullable: '0+', default: null, ignorable: true }),
    }),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    members: array('3+', {
      memberId: string(),
      groupInstanceId: string('0+', { nullable: '0+' }),
      errorCode: int16(),
    }),
  },
)

export const describeGroups = defineApi(
  { key: 15, name: 'DescribeGroups', versions: '0-6', flexible: '5+' },
  {
    groups: arrayOf('string'),
    includeAuthorizedOperations: bool('3+'),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: array('0+', {
      errorCode: int16(),
      errorMessage: string('6+', { nullable: '0+', default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array('0+', {
        memberId: string(),
        groupInstanceId: string('4+', { nullable: '0+', default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32('3+', { default: -2_147_483_648 }),
    }),
  },
)

export const listGroups = defineApi(
  { key: 16, name: 'ListGroups', versions: '0-5', flexible: '3+' },
  {
    statesFilter: arrayOf('string', '4+'),
    typesFilter: arrayOf('string', '5+'),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    groups: array('0+', {
      groupId: string(),
      protocolType: string(),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    }),
  },
)

export const deleteGroups = defineApi(
  { key: 42, name: 'DeleteGroups', versions: '0-2', flexible: '2+' },
  {
    groupsNames: arrayOf('string'),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      groupId: string(),
      errorCode: int16(),
    }),
  },
)
