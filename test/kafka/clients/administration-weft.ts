/**
 * The conversation of administrators with our own client; see Administration.java for the steps. What its `Admin` has no call for is said
 * over its connections, in the words of the protocol's tables.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { BufferPool } from '../../../src/base/buffer-pool.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { systemRandom } from '../../../src/base/random.ts'
import { openKafka } from '../../../src/kafka/client.ts'
import { BrokerConnection } from '../../../src/kafka/cluster/broker-connection.ts'
import { parseAddress } from '../../../src/kafka/cluster/context.ts'
import { checkResponse } from '../../../src/kafka/cluster/response-error.ts'
import { partitionKey, type Producer } from '../../../src/kafka/contracts.ts'
import {
  fetcherDefaults,
  noGroup,
  producerDefaults,
  textRecord,
} from '../../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../../src/kafka/tcp-connector.ts'
import { apis } from '../../../src/protocol/apis.ts'
import { RecordColumns } from '../../../src/protocol/record-columns.ts'
import { administer, timeType, topic, writer, type Rule, type RuleFilter } from './administration.ts'
import { bootstrap, offsetsText, ourCodeOf, patienceMs, stepper } from './conversation.ts'

const connector = tcpConnector()
const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'administration', connector })
const { admin } = kafka
const both = [0, 1].map((partition) => ({ topic, partition }))
const first = { topic, partition: 0 }
const newestOfAll = -3
const preferred = 0
const address = parseAddress(bootstrap)
const connection = await BrokerConnection.open(
  {
    bootstrap: [address],
    clientId: 'administration',
    connector,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    closing: new AbortController().signal,
    buffers: new BufferPool(0),
    requestTimeoutMs: patienceMs,
    startTimeoutMs: patienceMs,
    retryTimeoutMs: patienceMs,
    metadataMaxAgeMs: Infinity,
    backoffMinMs: 10,
    backoffMaxMs: 1000,
  },
  address,
)

async function write(producer: Producer, partition: number): Promise<undefined> {
  await producer.partitionCount(topic)
  producer.append(topic, textRecord('v', partition, 'k'))
  await producer.flush()
}

async function read(offset: number) {
  const fetcher = kafka.fetcher(fetcherDefaults)
  fetcher.assign(first, offset)
  const columns = new RecordColumns()
  try {
    for (;;) {
      const batch = fetcher.poll()?.batches[0]
      if (batch === undefined) {
        await fetcher.ready(100)
        continue
      }
      columns.read(batch)
      const row = columns.offset.subarray(0, columns.count).indexOf(offset)
      const type = batch.logAppendTimeMs === undefined ? 'CreateTime' : 'LogAppendTime'
      return { timestampMs: columns.timestampMs[row] ?? -1, type }
    }
  } finally {
    await fetcher.close()
  }
}

async function offsetsByTime(timeMs: number): Promise<string> {
  const found = await admin.listOffsets(both, timeMs, 'read_uncommitted')
  return offsetsText(both.map((one) => ({ ...one, offset: found.get(partitionKey(one)) ?? -1 })))
}

function filterOf(rule: RuleFilter) {
  return {
    resourceTypeFilter: rule.resourceType,
    resourceNameFilter: rule.resourceName,
    patternTypeFilter: rule.resourcePatternType,
    principalFilter: rule.principal,
    hostFilter: rule.host,
    operation: rule.operation,
    permissionType: rule.permissionType,
  }
}

/** The name of a rule's pattern is another one where rules are told. */
function ruleOf({ patternType, ...rule }: Omit<Rule, 'resourcePatternType'> & { patternType: number }): Rule {
  return { ...rule, resourcePatternType: patternType }
}

await administer(stepper(ourCodeOf), {
  create: () =>
    admin.createTopics([
      { name: topic, partitions: 2, replicationFactor: 1, configs: { [timeType]: 'LogAppendTime' } },
    ]),
  set: async (name, value) => {
    await admin.alterTopicConfigs(topic, { [name]: value })
    while ((await admin.topicConfigs(topic))[name] !== value) await sleep(20)
  },
  write: () => write(kafka.producer(producerDefaults), 0),
  read,
  offsetsByTime,
  newest: () => offsetsByTime(newestOfAll),
  begin: async () => {
    const transactional = { id: writer, timeoutMs: 10_000 }
    const producer = kafka.producer({ ...producerDefaults, transactional })
    await producer.init()
    for (const { partition } of both) await write(producer, partition)
    return () => producer.commit([], noGroup)
  },
  producers: async () => {
    const asked = { topics: [{ name: topic, partitionIndexes: [0, 1] }] }
    const { topics } = await connection.send(apis.describeProducers, () => asked)
    for (const { errorCode } of topics.flatMap(({ partitions }) => partitions))
      checkResponse(errorCode, 'describe producers')
    return topics
  },
  transaction: async (id) => {
    const asked = { transactionalIds: [id] }
    const { transactionStates } = await connection.send(apis.describeTransactions, () => asked)
    for (const { errorCode } of transactionStates) checkResponse(errorCode, 'describe a transaction')
    return transactionStates
  },
  openTransactions: async () => {
    const listed = await connection.send(apis.listTransactions, () => ({ stateFilters: ['Ongoing'] }))
    checkResponse(listed.errorCode, 'list transactions')
    return listed.transactionStates.map(({ transactionalId }) => transactionalId)
  },
  logDirs: async () => {
    const topics = [{ topic, partitions: [0, 1] }]
    const { results } = await connection.send(apis.describeLogDirs, () => ({ topics }))
    for (const { errorCode } of results) checkResponse(errorCode, 'describe log folders')
    return results
  },
  elect: async (name) => {
    const topicPartitions = [{ topic: name, partitions: [0] }]
    const elected = await connection.send(apis.electLeaders, () => ({
      electionType: preferred,
      topicPartitions,
      timeoutMs: patienceMs,
    }))
    checkResponse(elected.errorCode, 'elect a leader')
    for (const { partitionResult } of elected.replicaElectionResults)
      for (const { errorCode } of partitionResult) checkResponse(errorCode, 'elect a leader')
    return 'ok'
  },
  grant: async (rules) => {
    const { results } = await connection.send(apis.createAcls, () => ({ creations: rules }))
    for (const { errorCode } of results) checkResponse(errorCode, 'grant rights')
  },
  rules: async (filter) => {
    const found = await connection.send(apis.describeAcls, () => filterOf(filter))
    checkResponse(found.errorCode, 'describe rights')
    return found.resources.flatMap(({ acls, ...resource }) =>
      acls.map((acl) => ruleOf({ ...resource, ...acl })),
    )
  },
  revoke: async (filter) => {
    const { filterResults } = await connection.send(apis.deleteAcls, () => ({
      filters: [filterOf(filter)],
    }))
    return filterResults.flatMap(({ errorCode, matchingAcls }) => {
      checkResponse(errorCode, 'revoke rights')
      return matchingAcls.map(ruleOf)
    })
  },
})
