/** The guarded conversation with KafkaJS; see Guarded.java for the steps. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { bootstrap, patienceMs, stepper } from './conversation.ts'
import { ann, holdGuardedConversation, open, type Mechanism } from './guarded.ts'
import { codeOf } from './kafkajs-error.ts'

/** Where it has no number, it has a name. */
const step = stepper((error) => {
  const code = codeOf(error)
  return /^\d+$/.test(code) || !(error instanceof Error) ? code : error.name
})

function kafkaOf(user: { username: string; password: string }, mechanism: Mechanism = 'PLAIN'): Kafka {
  return new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 15 },
    sasl: { mechanism: mechanism.toLowerCase(), ...user } as SASLOptions,
  })
}

async function partitions(...who: Parameters<typeof kafkaOf>): Promise<number> {
  const admin = kafkaOf(...who).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [open] })
    return topics[0]?.partitions.length ?? 0
  } finally {
    await admin.disconnect()
  }
}

async function write(topic: string): Promise<string> {
  const producer = kafkaOf(ann).producer()
  await producer.connect()
  try {
    await producer.send({ topic, messages: [{ key: 'k', value: 'v', partition: 0 }] })
    return 'ok'
  } finally {
    await producer.disconnect()
  }
}

async function commit(transactionalId: string): Promise<string> {
  const producer = kafkaOf(ann).producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  try {
    const transaction = await producer.transaction()
    await transaction.send({ topic: open, messages: [{ key: 'k', value: 'v', partition: 0 }] })
    await transaction.commit()
    return 'ok'
  } finally {
    await producer.disconnect()
  }
}

async function read(topic: string, groupId: string): Promise<string> {
  const consumer = kafkaOf(ann).consumer({ groupId })
  const outcome = new Promise<string>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
    const run = async (): Promise<void> => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) })
    }
    run().catch(reject)
    sleep(patienceMs, undefined, { ref: false }).then(() => resolve('nothing'), reject)
  })
  try {
    return await outcome
  } finally {
    await consumer.disconnect()
  }
}

async function create(topic: string): Promise<boolean> {
  const admin = kafkaOf(ann).admin()
  await admin.connect()
  try {
    return await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  } finally {
    await admin.disconnect()
  }
}

await holdGuardedConversation(step, { partitions, write, read, commit, create })
