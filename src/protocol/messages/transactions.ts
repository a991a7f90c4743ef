// Idempotent and transactional producers. Facts from Kafka's public message definitions (4.3; versions that only older brokers know: 3.9).
import { defineApi } from '../message/codec.ts'
import { array, arrayOf, bool, int16, int32, int64, int8, string } from '../message/fields.ts'

export const initProducerId = defineApi(
  { key: 22, name: 'InitProducerId', versions: '0-5', flexible: '2+' },
  {
    transactionalId: string('0+', { nullable: '0+' }),
    transactionTimeoutMs: int32(),
    producerId: int64('3+', { default: -1 }),
    producerEpoch: int16('3+', { default: -1 }),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64('0+', { default: -1 }),
    producerEpoch: int16(),
  },
)

export const addPartitionsToTxn = defineApi(
  { key: 24, name: 'AddPartitionsToTxn', versions: '0-5', flexible: '3+' },
  {
    transactions: array('4+', {
      transactionalId: string(),
      producerId: int64(),
      producerEpoch: int16(),
      verifyOnly: bool(),
      topics: array('0+', {
        name: string(),
        partitions: arrayOf('int32'),
      }),
    }),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array('0-3', {
      name: string(),
      partitions: arrayOf('int32'),
    }),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: array('4+', {
      transactionalId: string(),
      topicResults: array('0+', {
        name: string(),
        resultsByPartition: array('0+', {
          partitionIndex: int32(),
          partitionErrorCode: int16(),
        }),
      }),
    }),
    resultsByTopicV3AndBelow: array('0-3', {
      name: string(),
      resultsByPartition: array('0+', {
        partitionIndex: int32(),
        partitionErrorCode: int16(),
      }),
    }),
  },
)

export const addOffsetsToTxn = defineApi(
  { key: 25, name: 'AddOffsetsToTxn', versions: '0-4', flexible: '3+' },
  {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
)

export const endTxn = defineApi(
  { key: 26, name: 'EndTxn', versions: '0-5', flexible: '3+' },
  {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64('5+', { default: -1, ignorable: true }),
    producerEpoch: int16('5+', { default: -1, ignorable: true }),
  },
)

export const describeProducers = defineApi(
  { key: 61, name: 'DescribeProducers', versions: '0', flexible: '0+' },
  {
    topics: array('0+', {
      name: string(),
      partitionIndexes: arrayOf('int32'),
    }),
  },
  {
    throttleTimeMs: int32(),
    topics: array('0+', {
      name: string(),
      partitions: array('0+', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        activeProducers: array('0+', {
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32('0+', { default: -1 }),
          lastTimestamp: int64('0+', { default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64('0+', { default: -1 }),
        }),
      }),
    }),
  },
)

export const describeTransactions = defineApi(
  { key: 65, name: 'DescribeTransactions', versions: '0', flexible: '0+' },
  {
    transactionalIds: arrayOf('string'),
  },
  {
    throttleTimeMs: int32(),
    transactionStates: array('0+', {
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: array('0+', {
        topic: string(),
        partitions: arrayOf('int32'),
      }),
    }),
  },
)

export const listTransactions = defineApi(
  { key: 66, name: 'ListTransactions', versions: '0-2', flexible: '0+' },
  {
    stateFilters: arrayOf('string'),
    producerIdFilters: arrayOf('int64'),
    durationFilter: int64('1+', { default: -1 }),
    transactionalIdPattern: string('2+', { nullable: '0+', default: null }),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: arrayOf('string'),
    transactionStates: array('0+', {
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
)
export const writeTxnMarkers = defineApi(
  { key: 27, name: 'WriteTxnMarkers', versions: '0-2', flexible: '1+' },
  {
    markers: array('0+', {
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array('0+', {
        name: string(),
        partitionIndexes: arrayOf('int32'),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8('2+', { ignorable: true }),
    }),
  },
  {
    markers: array('0+', {
      producerId: int64(),
      topics: array('0+', {
        name: string(),
        partitions: array('0+', {
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
)
