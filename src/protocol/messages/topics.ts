// Topics, their partitions and settings. Facts from Kafka's public message definitions (4.3; versions that only older brokers know: 3.9).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, int16, int32, int8, string, struct, uuid } from '../message/fields.ts'

export const createTopics = defineApi(
  { key: 19, name: 'CreateTopics', versions: '0-7', flexible: '5+' },
  {
    topics: array('0+', {
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array('0+', {
        partitionIndex: int32(),
        brokerIds: arrayOf('int32'),
      }),
      configs: array('0+', {
        name: string(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    timeoutMs: int32('0+', { default: 60_000 }),
    validateOnly: bool('1+'),
  },
  {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', {
      name: string(),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('1+', { nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: array(
        '5+',
        {
          name: string(),
          value: string('0+', { nullable: '0+' }),
          readOnly: bool(),
          configSource: int8('0+', { default: -1 }),
          isSensitive: bool(),
        },
        { nullable: '0+', ignorable: true },
      ),
    }),
  },
)

export const deleteTopics = defineApi(
  { key: 20, name: 'DeleteTopics', versions: '0-6', flexible: '4+' },
  {
    topics: array('6+', {
      name: string('0+', { nullable: '0+', default: null }),
      topicId: uuid(),
    }),
    topicNames: arrayOf('string', '0-5', { ignorable: true }),
    timeoutMs: int32(),
  },
  {
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: array('0+', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('5+', { nullable: '0+', default: null, ignorable: true }),
    }),
  },
)

export const createPartitions = defineApi(
  { key: 37, name: 'CreatePartitions', versions: '0-3', flexible: '2+' },
  {
    topics: array('0+', {
      name: string(),
      count: int32(),
      assignments: array(
        '0+',
        {
          brokerIds: arrayOf('int32'),
        },
        { nullable: '0+' },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      name: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+', default: null }),
    }),
  },
)

export const describeConfigs = defineApi(
  { key: 32, name: 'DescribeConfigs', versions: '0-4', flexible: '4+' },
  {
    resources: array('0+', {
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: arrayOf('string', '0+', { nullable: '0+' }),
    }),
    includeSynonyms: bool('1+'),
    includeDocumentation: bool('3+'),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', {
        name: string(),
        value: string('0+', { nullable: '0+' }),
        readOnly: bool(),
        isDefault: bool('0'),
        configSource: int8('1+', { default: -1, ignorable: true }),
        isSensitive: bool(),
        synonyms: array(
          '1+',
          {
            name: string(),
            value: string('0+', { nullable: '0+' }),
            source: int8(),
          },
          { ignorable: true },
        ),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      }),
    }),
  },
)

export const incrementalAlterConfigs = defineApi(
  { key: 44, name: 'IncrementalAlterConfigs', versions: '0-1', flexible: '1+' },
  {
    resources: array('0+', {
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', {
        name: string(),
        configOperation: int8(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32(),
    responses: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
)

export const alterConfigs = defineApi(
  { key: 33, name: 'AlterConfigs', versions: '0-2', flexible: '2+' },
  {
    resources: array('0+', {
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', {
        name: string(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32(),
    responses: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
)
export const describeTopicPartitions = defineApi(
  { key: 75, name: 'DescribeTopicPartitions', versions: '0', flexible: '0+' },
  {
    topics: array('0+', {
      name: string(),
    }),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: struct(
      '0+',
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  },
  {
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array('0+', {
      errorCode: int16(),
      name: string('0+', { nullable: '0+' }),
      topicId: uuid('0+', { ignorable: true }),
      isInternal: bool('0+', { ignorable: true }),
      partitions: array('0+', {
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('0+', { default: -1, ignorable: true }),
        replicaNodes: arrayOf('int32'),
        isrNodes: arrayOf('int32'),
        eligibleLeaderReplicas: arrayOf('int32', '0+', { nullable: '0+', default: null }),
        lastKnownElr: arrayOf('int32', '0+', { nullable: '0+', default: null }),
        offlineReplicas: arrayOf('int32', '0+', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    }),
    nextCursor: struct(
      '0+',
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: '0+', default: null },
    ),
  },
)

export const listConfigResources = defineApi(
  { key: 74, name: 'ListConfigResources', versions: '0-1', flexible: '0+' },
  {
    resourceTypes: arrayOf('int8', '1+'),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array('0+', {
      resourceName: string(),
      resourceType: int8('1+', { default: 16, ignorable: true }),
    }),
  },
)
