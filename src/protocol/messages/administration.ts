// The cluster as administrators change it: quotas, features, leaders, replicas. Facts from Kafka's public message definitions (4.3).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, float64, int16, int32, int64, int8, string } from '../message/fields.ts'

export const alterReplicaLogDirs = defineApi(
  { key: 34, name: 'AlterReplicaLogDirs', versions: '0-2', flexible: '2+' },
  {
    dirs: array('0+', {
      path: string(),
      topics: array('0+', {
        name: string(),
        partitions: arrayOf('int32'),
      }),
    }),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      topicName: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
)

export const describeLogDirs = defineApi(
  { key: 35, name: 'DescribeLogDirs', versions: '0-5', flexible: '2+' },
  {
    topics: array(
      '0+',
      {
        topic: string(),
        partitions: arrayOf('int32'),
      },
      { nullable: '0+' },
    ),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16('3+', { ignorable: true }),
    results: array('0+', {
      errorCode: int16(),
      logDir: string(),
      topics: array('0+', {
        name: string(),
        partitions: array('0+', {
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64('4+', { default: -1, ignorable: true }),
      usableBytes: int64('4+', { default: -1, ignorable: true }),
      isCordoned: bool('5+', { ignorable: true }),
    }),
  },
)

export const describeClientQuotas = defineApi(
  { key: 48, name: 'DescribeClientQuotas', versions: '0-1', flexible: '1+' },
  {
    components: array('0+', {
      entityType: string(),
      matchType: int8(),
      match: string('0+', { nullable: '0+' }),
    }),
    strict: bool(),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    entries: array(
      '0+',
      {
        entity: array('0+', {
          entityType: string(),
          entityName: string('0+', { nullable: '0+' }),
        }),
        values: array('0+', {
          key: string(),
          value: float64(),
        }),
      },
      { nullable: '0+' },
    ),
  },
)

export const alterClientQuotas = defineApi(
  { key: 49, name: 'AlterClientQuotas', versions: '0-1', flexible: '1+' },
  {
    entries: array('0+', {
      entity: array('0+', {
        entityType: string(),
        entityName: string('0+', { nullable: '0+' }),
      }),
      ops: array('0+', {
        key: string(),
        value: float64(),
        remove: bool(),
      }),
    }),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32(),
    entries: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      entity: array('0+', {
        entityType: string(),
        entityName: string('0+', { nullable: '0+' }),
      }),
    }),
  },
)

export const electLeaders = defineApi(
  { key: 43, name: 'ElectLeaders', versions: '0-2', flexible: '2+' },
  {
    electionType: int8('1+'),
    topicPartitions: array(
      '0+',
      {
        topic: string(),
        partitions: arrayOf('int32'),
      },
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16('1+'),
    replicaElectionResults: array('0+', {
      topic: string(),
      partitionResult: array('0+', {
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
    }),
  },
)

export const updateFeatures = defineApi(
  { key: 57, name: 'UpdateFeatures', versions: '0-2', flexible: '0+' },
  {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array('0+', {
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool('0'),
      upgradeType: int8('1+', { default: 1 }),
    }),
    validateOnly: bool('1+'),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      '0-1',
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      { ignorable: true },
    ),
  },
)

export const alterPartitionReassignments = defineApi(
  { key: 45, name: 'AlterPartitionReassignments', versions: '0-1', flexible: '0+' },
  {
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        replicas: arrayOf('int32', '0+', { nullable: '0+', default: null }),
      }),
    }),
  },
  {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    responses: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
    }),
  },
)

export const listPartitionReassignments = defineApi(
  { key: 46, name: 'ListPartitionReassignments', versions: '0', flexible: '0+' },
  {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array(
      '0+',
      {
        name: string(),
        partitionIndexes: arrayOf('int32'),
      },
      { nullable: '0+', default: null },
    ),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        replicas: arrayOf('int32'),
        addingReplicas: arrayOf('int32'),
        removingReplicas: arrayOf('int32'),
      }),
    }),
  },
)
