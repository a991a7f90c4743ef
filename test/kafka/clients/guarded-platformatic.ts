/** The guarded conversation with the client of `@platformatic/kafka`; see Guarded.java for the steps. */
import { once } from 'node:events'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { bootstrap, stepper } from './conversation.ts'
import { ann, holdGuardedConversation, open, type Mechanism } from './guarded.ts'
import { codeOf } from './platformatic-error.ts'

const step = stepper(codeOf)

function optionsOf(user: { username: string; password: string }, mechanism: Mechanism = 'PLAIN') {
  const sasl = { mechanism, ...user }
  return { clientId: 'guarded', bootstrapBrokers: [bootstrap], retries: 0, sasl }
}

async function partitions(...who: Parameters<typeof optionsOf>): Promise<number> {
  const admin = new Admin(optionsOf(...who))
  try {
    return (await admin.metadata({ topics: [open] })).topics.get(open)?.partitionsCount ?? 0
  } finally {
    await admin.close()
  }
}

async function write(topic: string): Promise<string> {
  const producer = new Producer({ ...optionsOf(ann), serializers: stringSerializers })
  try {
    await producer.send({ messages: [{ topic, key: 'k', value: 'v', partition: 0 }] })
    return 'ok'
  } finally {
    await producer.close(true)
  }
}

async function commit(transactionalId: string): Promise<string> {
  const producer = new Producer({
    ...optionsOf(ann),
    serializers: stringSerializers,
    transactionalId,
    idempotent: true,
  })
  try {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [{ topic: open, key: 'k', value: 'v', partition: 0 }] })
    await transaction.commit()
    return 'ok'
  } finally {
    await producer.close(true)
  }
}

async function read(topic: string, groupId: string): Promise<string> {
  const consumer = new Consumer({ ...optionsOf(ann), groupId, deserializers: stringDeserializers })
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 100 })
    const [message] = await once(stream, 'data')
    return (message as { value: string }).value
  } finally {
    await consumer.close(true)
  }
}

async function create(topic: string): Promise<string> {
  const admin = new Admin(optionsOf(ann))
  try {
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
    return 'ok'
  } finally {
    await admin.close()
  }
}

await holdGuardedConversation(step, { partitions, write, read, commit, create })
