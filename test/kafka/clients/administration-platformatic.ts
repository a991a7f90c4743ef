/**
 * The conversation of administrators with the client of `@platformatic/kafka`; see Administration.java for the steps. What its `Admin` has
 * no call for is said over its connections, by the messages that it exports.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  Connection,
  Consumer,
  Producer,
  describeProducersV0,
  describeTransactionsV0,
  listTransactionsV1,
  stringDeserializers,
  stringSerializers,
  type Message,
} from '@platformatic/kafka'
import { administer, timeType, topic, writer, type RuleFilter } from './administration.ts'
import { bootstrap, offsetsText, prefix, startMs, stepper } from './conversation.ts'
import { codeOf } from './platformatic-error.ts'

const base = { clientId: 'administration', bootstrapBrokers: [bootstrap] }
const topicResource = 2
const newestOfAll = -3n
const admin = new Admin(base)
const connection = new Connection('administration')
const [host = '', port = ''] = bootstrap.split(':')
await connection.connect(host, Number(port))

const message = (partition: number) => {
  return { topic, key: 'k', value: 'v', partition, timestamp: BigInt(startMs) }
}

function newProducer(transactionalId?: string) {
  return new Producer({
    ...base,
    serializers: stringSerializers,
    ...(transactionalId !== undefined && { transactionalId, idempotent: true }),
  })
}

async function read(offset: number): Promise<{ timestampMs: number }> {
  const groupId = `${prefix}-${crypto.randomUUID()}`
  const consumer = new Consumer({ ...base, groupId, deserializers: stringDeserializers })
  const offsets = [0, 1].map((partition) => ({
    topic,
    partition,
    offset: partition === 0 ? BigInt(offset) : 0n,
  }))
  const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets, maxWaitTime: 100 })
  const [seen] = (await once(stream, 'data')) as [Message<string, string, string, string>]
  await consumer.close(true)
  return { timestampMs: Number(seen.timestamp) }
}

async function offsetsAt(timestamp: bigint): Promise<string> {
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp }))
  const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
  return offsetsText(
    (found?.partitions ?? []).map(({ partitionIndex, offset }) => ({ partition: partitionIndex, offset })),
  )
}

async function set(name: string, value: string): Promise<void> {
  const resource = { resourceType: topicResource, resourceName: topic } as const
  const configs = [{ name, configOperation: 0, value }] as const
  await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [...configs] }] })
  const asked = { resources: [{ ...resource, configurationKeys: [name] }] }
  while ((await admin.describeConfigs(asked))[0]?.configs[0]?.value !== value) await sleep(20)
}

const filterOf = (filter: RuleFilter) => filter as Parameters<Admin['describeAcls']>[0]['filter']

await administer(stepper(codeOf), {
  create: () =>
    admin.createTopics({
      topics: [topic],
      partitions: 2,
      replicas: 1,
      configs: [{ name: timeType, value: 'LogAppendTime' }],
    }),
  set,
  write: async () => {
    const producer = newProducer()
    await producer.send({ messages: [message(0)] })
    await producer.close(true)
    return undefined
  },
  read,
  offsetsByTime: (timeMs) => offsetsAt(BigInt(timeMs)),
  newest: () => offsetsAt(newestOfAll),
  begin: async () => {
    const transaction = await newProducer(writer).beginTransaction()
    await transaction.send({ messages: [message(0), message(1)] })
    return () => transaction.commit()
  },
  producers: async () => {
    const topics = [{ name: topic, partitionIndexes: [0, 1] }]
    return (await describeProducersV0.api.async(connection, topics)).topics
  },
  transaction: async (id) => (await describeTransactionsV0.api.async(connection, [id])).transactionStates,
  openTransactions: async () => {
    const listed = await listTransactionsV1.api.async(connection, ['ONGOING'], [], -1n, null)
    return listed.transactionStates.map(({ transactionalId }) => transactionalId)
  },
  logDirs: async () => {
    const brokers = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] })
    return brokers.flatMap(({ results }) => results)
  },
  grant: (rules) => admin.createAcls({ creations: rules as Parameters<Admin['createAcls']>[0]['creations'] }),
  rules: async (filter) => {
    const resources = await admin.describeAcls({ filter: filterOf(filter) })
    return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })))
  },
  revoke: (filter) => admin.deleteAcls({ filters: [filterOf(filter)] }),
})
