import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { aclOperations, aclResources, type AclOperation, type AclResource } from '../security/acls.ts'
import {
  batchOf,
  errorOf,
  openTestBroker,
  type TestBroker,
  type TestClient,
} from '../fixtures/test-broker.ts'

const noTopic = 'TOPIC_AUTHORIZATION_FAILED'
const noGroup = 'GROUP_AUTHORIZATION_FAILED'
const noTransaction = 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
const noCluster = 'CLUSTER_AUTHORIZATION_FAILED'

/** A broker where everyone lacks one right, or has only one. */
async function openWith(
  permission: 'allow' | 'deny',
  resource: AclResource,
  operation: AclOperation,
): Promise<TestBroker> {
  const setup = openTestBroker()
  await setup.client.createTopic('a')
  const creation = {
    resourceType: aclResources[resource],
    resourceName: resource === 'cluster' ? 'kafka-cluster' : 'a',
    resourcePatternType: 3,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation: aclOperations[operation],
    permissionType: permission === 'allow' ? 3 : 2,
  }
  // The permission to describe keeps the resource from being closed to everything but what is tried.
  const everything = { ...creation, operation: aclOperations.all, permissionType: 3 }
  await setup.client.send(apis.createAcls, { creations: [everything, creation] })
  return setup
}

type Try = (client: TestClient) => Promise<KafkaErrorName | undefined>

const tries: readonly (readonly [string, AclResource, AclOperation, KafkaErrorName, Try])[] = [
  ['Produce', 'topic', 'write', noTopic, async (client) => (await client.produce('a', batchOf(['x']))).error],
  ['Fetch', 'topic', 'read', noTopic, async (client) => (await client.fetch('a', 0)).error],
  [
    'ListOffsets',
    'topic',
    'describe',
    noTopic,
    async (client) => {
      const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
      return errorOf((await client.send(apis.listOffsets, { topics })).topics[0]?.partitions[0])
    },
  ],
  [
    'AddPartitionsToTxn of brokers',
    'cluster',
    'clusterAction',
    noCluster,
    async (client) => errorOf(await client.send(apis.addPartitionsToTxn, { transactions: [] })),
  ],
  [
    'Metadata',
    'topic',
    'describe',
    noTopic,
    async (client) => errorOf((await client.send(apis.metadata, { topics: [{ name: 'a' }] })).topics[0]),
  ],
  [
    'DeleteTopics',
    'topic',
    'delete',
    noTopic,
    async (client) =>
      errorOf((await client.send(apis.deleteTopics, { topics: [{ name: 'a' }] })).responses[0]),
  ],
  [
    'CreatePartitions',
    'topic',
    'alter',
    noTopic,
    async (client) =>
      errorOf(
        (await client.send(apis.createPartitions, { topics: [{ name: 'a', count: 2, assignments: null }] }))
          .results[0],
      ),
  ],
  [
    'DescribeConfigs',
    'topic',
    'describeConfigs',
    noTopic,
    async (client) => {
      const resources = [{ resourceType: 2, resourceName: 'a', configurationKeys: null }]
      return errorOf((await client.send(apis.describeConfigs, { resources })).results[0])
    },
  ],
  [
    'IncrementalAlterConfigs',
    'topic',
    'alterConfigs',
    noTopic,
    async (client) => {
      const resources = [{ resourceType: 2, resourceName: 'a' }]
      return errorOf((await client.send(apis.incrementalAlterConfigs, { resources })).responses[0])
    },
  ],
  [
    'JoinGroup',
    'group',
    'read',
    noGroup,
    async (client) => errorOf(await client.send(apis.joinGroup, { groupId: 'a', sessionTimeoutMs: 10_000 })),
  ],
  [
    'OffsetCommit',
    'group',
    'read',
    noGroup,
    async (client) => {
      const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
      const answer = await client.send(apis.offsetCommit, { groupId: 'a', topics }, 9)
      return errorOf(answer.topics[0]?.partitions[0])
    },
  ],
  [
    'OffsetCommit of the topic',
    'topic',
    'read',
    noTopic,
    async (client) => {
      const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
      const answer = await client.send(apis.offsetCommit, { groupId: 'a', topics }, 9)
      return errorOf(answer.topics[0]?.partitions[0])
    },
  ],
  [
    'OffsetFetch',
    'group',
    'describe',
    noGroup,
    async (client) => {
      const groups = [{ groupId: 'a', topics: null }]
      return errorOf((await client.send(apis.offsetFetch, { groups }, 9)).groups[0])
    },
  ],
  [
    'DescribeGroups',
    'group',
    'describe',
    noGroup,
    async (client) => errorOf((await client.send(apis.describeGroups, { groups: ['a'] }, 5)).groups[0]),
  ],
  [
    'FindCoordinator',
    'group',
    'describe',
    noGroup,
    async (client) =>
      errorOf(
        (await client.send(apis.findCoordinator, { keyType: 0, coordinatorKeys: ['a'] })).coordinators[0],
      ),
  ],
  [
    'DeleteGroups',
    'group',
    'delete',
    noGroup,
    async (client) => errorOf((await client.send(apis.deleteGroups, { groupsNames: ['a'] })).results[0]),
  ],
  [
    'InitProducerId',
    'transactionalId',
    'write',
    noTransaction,
    async (client) =>
      errorOf(await client.send(apis.initProducerId, { transactionalId: 'a', transactionTimeoutMs: 1000 })),
  ],
  [
    'DescribeTransactions',
    'transactionalId',
    'describe',
    noTransaction,
    async (client) =>
      errorOf(
        (await client.send(apis.describeTransactions, { transactionalIds: ['a'] })).transactionStates[0],
      ),
  ],
  [
    'CreateAcls',
    'cluster',
    'alter',
    noCluster,
    async (client) => errorOf((await client.send(apis.createAcls, { creations: [{}] })).results[0]),
  ],
  [
    'DescribeAcls',
    'cluster',
    'describe',
    noCluster,
    async (client) => errorOf(await client.send(apis.describeAcls, {})),
  ],
  [
    'WriteTxnMarkers',
    'cluster',
    'clusterAction',
    noCluster,
    async (client) => {
      const markers = [{ topics: [{ name: 'a', partitionIndexes: [0] }] }]
      return errorOf(
        (await client.send(apis.writeTxnMarkers, { markers })).markers[0]?.topics[0]?.partitions[0],
      )
    },
  ],
]

describe.each(tries)('%s', (_api, resource, operation, error, attempt) => {
  test(`is refused with ${error} where ${operation} is denied on its ${resource}`, async () => {
    const { client } = await openWith('deny', resource, operation)
    expect(await attempt(client)).toBe(error)
  })

  test('is not refused so where everything is allowed', async () => {
    const { client } = await openWith('allow', resource, operation)
    expect(await attempt(client)).not.toBe(error)
  })
})

test('who asks for all topics, groups and transactions sees those that it may describe', async () => {
  const { client } = await openWith('deny', 'topic', 'describe')
  await client.createTopic('b')
  const { topics } = await client.send(apis.metadata, { topics: null })
  expect(topics.map(({ name }) => name)).toEqual(['b'])
})

test('what a caller may do with a topic is told by its rights', async () => {
  const { client } = await openWith('deny', 'topic', 'write')
  const request = { topics: [{ name: 'a' }], includeTopicAuthorizedOperations: true }
  const { topics } = await client.send(apis.metadata, request)
  const may = topics[0]?.topicAuthorizedOperations ?? 0
  expect(may & (1 << aclOperations.write)).toBe(0)
  expect(may & (1 << aclOperations.read)).not.toBe(0)
})

test('rules are described by filters and go by filters', async () => {
  const { client } = openTestBroker()
  const rule = { resourceType: 2, principal: 'User:x', host: '*', operation: 3, permissionType: 3 }
  const creations = [
    { ...rule, resourceName: 'ab', resourcePatternType: 3 },
    { ...rule, resourceName: 'a', resourcePatternType: 4 },
    { ...rule, resourceName: '*', resourcePatternType: 3 },
    { ...rule, resourceName: 'c', resourcePatternType: 3 },
  ]
  await client.send(apis.createAcls, { creations })
  const any = { resourceTypeFilter: 1, operation: 1, permissionType: 1 }
  const found = async (filter: object): Promise<string[]> => {
    const { resources } = await client.send(apis.describeAcls, { ...any, ...filter })
    return resources.map(({ resourceName }) => resourceName)
  }
  const names = { resourceNameFilter: null, principalFilter: null, hostFilter: null }
  expect(await found({ ...names, patternTypeFilter: 1 })).toEqual(['ab', 'a', '*', 'c'])
  expect(await found({ ...names, patternTypeFilter: 2, resourceNameFilter: 'ab' })).toEqual(['ab', 'a', '*'])
  expect(await found({ ...names, patternTypeFilter: 4 })).toEqual(['a'])
  expect(await found({ ...names, patternTypeFilter: 1, principalFilter: 'User:y' })).toEqual([])
  const gone = { ...any, ...names, patternTypeFilter: 3, resourceNameFilter: 'c' }
  const { filterResults } = await client.send(apis.deleteAcls, { filters: [gone] })
  expect(filterResults[0]?.matchingAcls.map(({ resourceName }) => resourceName)).toEqual(['c'])
  expect(await found({ ...names, patternTypeFilter: 1 })).toEqual(['ab', 'a', '*'])
})

test('a rule that makes no sense is refused with what is wrong', async () => {
  const { client } = openTestBroker()
  const rule = {
    resourceType: 2,
    resourceName: 'a',
    resourcePatternType: 3,
    principal: 'User:x',
    host: '*',
    operation: 3,
    permissionType: 3,
  }
  const wrong = [
    { ...rule, principal: 'x' },
    { ...rule, resourceName: '' },
    { ...rule, operation: 1 },
    { ...rule, resourcePatternType: 2 },
    { ...rule, resourceType: 4, resourceName: 'a' },
    { ...rule, permissionType: 1 },
    { ...rule, host: '' },
  ]
  const { results } = await client.send(apis.createAcls, { creations: wrong })
  expect(results.map(errorOf)).toEqual(wrong.map(() => 'INVALID_REQUEST'))
  expect(new Set(results.map(({ errorMessage }) => errorMessage)).size).toBe(wrong.length)
})
