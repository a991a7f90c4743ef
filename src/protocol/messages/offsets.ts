// Groups' offsets. Facts from Kafka's public message definitions (4.3; versions that only older brokers know: 3.9).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, int16, int32, int64, string, uuid } from '../message/fields.ts'

export const offsetCommit = defineApi(
  { key: 8, name: 'OffsetCommit', versions: '0-10', flexible: '8+' },
  {
    groupId: string(),
    generationIdOrMemberEpoch: int32('1+', { default: -1, ignorable: true }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { nullable: '0+', default: null }),
    retentionTimeMs: int64('2-4', { default: -1, ignorable: true }),
    topics: array('0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        commitTimestamp: int64('1', { default: -1 }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  },
  {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0+', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
)

export const offsetFetch = defineApi(
  { key: 9, name: 'OffsetFetch', versions: '0-10', flexible: '6+' },
  {
    groupId: string('0-7'),
    topics: array(
      '0-7',
      {
        name: string(),
        partitionIndexes: arrayOf('int32'),
      },
      { nullable: '2+' },
    ),
    groups: array('8+', {
      groupId: string(),
      memberId: string('9+', { nullable: '0+', default: null, ignorable: true }),
      memberEpoch: int32('9+', { default: -1, ignorable: true }),
      topics: array(
        '0+',
        {
          name: string('0-9', { ignorable: true }),
          topicId: uuid('10+', { ignorable: true }),
          partitionIndexes: arrayOf('int32'),
        },
        { nullable: '0+' },
      ),
    }),
    requireStable: bool('7+'),
  },
  {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0-7', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('5+', { default: -1, ignorable: true }),
        metadata: string('0+', { nullable: '0+' }),
        errorCode: int16(),
      }),
    }),
    errorCode: int16('2-7', { ignorable: true }),
    groups: array('8+', {
      groupId: string(),
      topics: array('0+', {
        name: string('0-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: array('0+', {
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32('0+', { default: -1 }),
          metadata: string('0+', { nullable: '0+' }),
          errorCode: int16(),
        }),
      }),
      errorCode: int16(),
    }),
  },
)

export const offsetDelete = defineApi(
  { key: 47, name: 'OffsetDelete', versions: '0' },
  {
    groupId: string(),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
      }),
    }),
  },
  {
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
)

export const txnOffsetCommit = defineApi(
  { key: 28, name: 'TxnOffsetCommit', versions: '0-5', flexible: '3+' },
  {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: '0+', default: null }),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  },
  {
    throttleTimeMs: int32(),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
)
