/** The conversation of administrators with KafkaJS, as far as it can; see Administration.java for the steps. */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkaJs, { Kafka, logLevel, type AclEntry, type AclFilter, type Producer } from 'kafkajs'
import { administer, timeType, topic, writer, type RuleFilter } from './administration.ts'
import { bootstrap, offsetsText, patienceMs, prefix, startMs, stepper } from './conversation.ts'
import { codeOf } from './kafkajs-error.ts'

const kafka = new Kafka({
  clientId: 'administration',
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 30 },
})
const admin = kafka.admin()
await admin.connect()

const message = (partition: number) => ({ key: 'k', value: 'v', partition, timestamp: String(startMs) })

async function connected(transactionalId?: string): Promise<Producer> {
  const producer = kafka.producer(transactionalId === undefined ? {} : { transactionalId, idempotent: true })
  await producer.connect()
  return producer
}

/** By a group of its own: this client reads in no other way. */
async function read(offset: number): Promise<{ timestampMs: number }> {
  const consumer = kafka.consumer({ groupId: `${prefix}-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const times = new Map<number, number>()
  await consumer.run({
    eachMessage: async (seen) => void times.set(Number(seen.message.offset), Number(seen.message.timestamp)),
  })
  const endMs = performance.now() + patienceMs
  while (!times.has(offset) && performance.now() < endMs) await sleep(20)
  await consumer.disconnect()
  return { timestampMs: times.get(offset) ?? -1 }
}

/** It sets all at once. */
const configEntries: { name: string; value: string }[] = []

async function set(name: string, value: string): Promise<void> {
  const resource = { type: kafkaJs.ConfigResourceTypes.TOPIC, name: topic }
  configEntries.push({ name, value })
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] })
  const asked = { includeSynonyms: false, resources: [{ ...resource, configNames: [name] }] }
  const told = async () => (await admin.describeConfigs(asked)).resources[0]?.configEntries[0]?.configValue
  while ((await told()) !== value) await sleep(20)
}

/** What is any it wants to be left out. */
function wordsOf(filter: RuleFilter): AclFilter {
  const words = Object.entries(filter).filter(([, word]) => word !== null)
  return Object.fromEntries(words) as unknown as AclFilter
}

await administer(stepper(codeOf), {
  create: () =>
    admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: 2,
          replicationFactor: 1,
          configEntries: [{ name: timeType, value: 'LogAppendTime' }],
        },
      ],
    }),
  set,
  write: async () => {
    const producer = await connected()
    const [told] = await producer.send({ topic, messages: [message(0)], acks: -1 })
    await producer.disconnect()
    return told?.logAppendTime === undefined ? undefined : Number(told.logAppendTime)
  },
  read,
  offsetsByTime: async (timeMs) => {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, timeMs)
    return offsetsText(found.map(({ partition, offset }) => ({ partition, offset: Number(offset) })))
  },
  begin: async () => {
    const producer = await connected(writer)
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [message(0), message(1)] })
    return () => transaction.commit()
  },
  grant: (rules) => admin.createAcls({ acl: rules as unknown as AclEntry[] }),
  rules: async (filter) => {
    const { resources } = await admin.describeAcls(wordsOf(filter))
    return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })))
  },
  revoke: async (filter) => {
    const { filterResponses } = await admin.deleteAcls({ filters: [wordsOf(filter)] })
    return filterResponses.flatMap(({ matchingAcls }) => matchingAcls)
  },
})
