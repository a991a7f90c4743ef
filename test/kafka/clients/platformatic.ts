/**
 * What every client does with a broker in the test of clients, with the client of `@platformatic/kafka`; see ClientScript.java for
 * the steps. Arguments: bootstrap, prefix of all names.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  Consumer,
  Producer,
  ProtocolError,
  stringDeserializers,
  stringSerializers,
  type Message,
} from '@platformatic/kafka'

const [bootstrap = '', prefix = ''] = process.argv.slice(2)
const topicIn = `${prefix}-in`
const topicOut = `${prefix}-out`
const patienceMs = 30_000
const graceMs = 700
const base = { clientId: 'clients-test', bootstrapBrokers: [bootstrap] }
const isolation = { read_uncommitted: 0, read_committed: 1 } as const

type TextMessage = Message<string, string, string, string>
type TextConsumer = Consumer<string, string, string, string>
type TextProducer = Producer<string, string, string, string>

await createTopics()
const producer = newProducer()
await producer.send({ messages: numbered(6, topicIn, 'v') })
show('read', await readAndCommit('readers', 6))
await producer.send({ messages: numbered(4, topicIn, 'w') })
await producer.close()
show('resumed', await readAndCommit('readers', 4))
await transactions()
show('committed', await readAll('read_committed', 6))
show('everything', await readAll('read_uncommitted', 10))
await move()

async function createTopics(): Promise<void> {
  const admin = new Admin(base)
  await admin.createTopics({ topics: [topicIn, topicOut], partitions: 2, replicas: 1 })
  await admin.close()
}

async function transactions(): Promise<void> {
  const producer = newProducer('writer')
  const kept = await producer.beginTransaction()
  await kept.send({ messages: numbered(4, topicOut, 'kept') })
  await kept.commit()
  const dropped = await producer.beginTransaction()
  await dropped.send({ messages: numbered(4, topicOut, 'dropped') })
  await dropped.abort()
  const late = await producer.beginTransaction()
  await late.send({ messages: numbered(2, topicOut, 'late') })
  await late.commit()
  await producer.close()
}

async function move(): Promise<void> {
  const consumer = newConsumer('movers')
  const producer = newProducer('mover')
  const records = await poll(consumer, topicIn, 10, 'read_committed')
  const moving = await producer.beginTransaction()
  await moving.addConsumer(consumer)
  await moving.send({
    messages: records.map(({ key, value }) => textMessage(topicOut, key, value.toUpperCase())),
  })
  for (const record of lastOfEach(records)) await moving.addOffset(record)
  await moving.commit()
  show('moved', await committed(consumer))
  const again = await producer.beginTransaction()
  await again.addConsumer(consumer)
  await again.send({ messages: [textMessage(topicOut, 'k0', 'dropped')] })
  for (const record of firstOfEach(records)) await again.addOffset(record)
  await again.abort()
  show('aborted', await committed(consumer))
  show('together', await readAll('read_committed', 16))
  await fence(producer)
  await consumer.close(true)
}

/** This client opens no second producer of one transactional id: it is the latter that the broker refuses. */
async function fence(former: TextProducer): Promise<void> {
  const latter = newProducer('mover')
  try {
    await latter.beginTransaction()
    await (await former.beginTransaction()).send({ messages: [textMessage(topicOut, 'k0', 'fenced')] })
    show('fenced', ['no'])
  } catch (error) {
    show('fenced', apiErrorsOf(error))
  }
  await latter.close(true)
  await former.close(true)
}

function apiErrorsOf(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(apiErrorsOf)
  return error instanceof ProtocolError ? [String(error['apiId'])] : [String(error)]
}

async function readAndCommit(group: string, count: number): Promise<string[]> {
  const consumer = newConsumer(group)
  const records = await poll(consumer, topicIn, count, 'read_committed')
  const offsets = lastOfEach(records).map(({ topic, partition, offset }) => {
    return { topic, partition, offset: offset + 1n, leaderEpoch: 0 }
  })
  await consumer.commit({ offsets })
  await consumer.close(true)
  return texts(records)
}

async function readAll(level: keyof typeof isolation, count: number): Promise<string[]> {
  const consumer = newConsumer(`all-${level}${count}`)
  const records = await poll(consumer, topicOut, count, level)
  await consumer.close(true)
  return texts(records)
}

async function poll(
  consumer: TextConsumer,
  topic: string,
  count: number,
  level: keyof typeof isolation,
): Promise<TextMessage[]> {
  const records: TextMessage[] = []
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    isolationLevel: isolation[level],
    autocommit: false,
    maxWaitTime: 100,
  })
  stream.on('data', (message) => records.push(message))
  const endMs = performance.now() + patienceMs
  while (records.length < count && performance.now() < endMs) await sleep(20)
  await sleep(graceMs)
  await stream.close()
  return records
}

function lastOfEach(records: readonly TextMessage[]): TextMessage[] {
  return [...new Map(records.map((record) => [record.partition, record])).values()]
}

function firstOfEach(records: readonly TextMessage[]): TextMessage[] {
  return lastOfEach(records.toReversed())
}

/** This client does not wait for offsets whose transaction is still being completed. */
async function committed(consumer: TextConsumer): Promise<string[]> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const found = await consumer.listCommittedOffsets({ topics: [{ topic: topicIn, partitions: [0, 1] }] })
    const offsets = found.get(topicIn) ?? []
    const stable = offsets.every((offset) => offset >= 0n)
    if (stable || performance.now() > endMs)
      return offsets.map((offset, partition) => `${partition}/${offset}`)
    await sleep(20)
  }
}

function texts(records: readonly TextMessage[]): string[] {
  const lines = records.map(
    ({ partition, offset, key, value, headers }) =>
      `${partition}/${offset},${key}=${value},${headers.get('of')}`,
  )
  return lines.toSorted()
}

function numbered(count: number, topic: string, value: string): ReturnType<typeof textMessage>[] {
  return Array.from({ length: count }, (_, i) => textMessage(topic, `k${i}`, `${value}${i}`))
}

function textMessage(topic: string, key: string, value: string) {
  return { topic, key, value, headers: { of: value } }
}

function show(step: string, seen: readonly string[]): void {
  console.log([step, ...seen].join(' '))
}

function newProducer(transactionalId?: string): TextProducer {
  return new Producer({
    ...base,
    idempotent: true,
    serializers: stringSerializers,
    ...(transactionalId === undefined ? {} : { transactionalId: `${prefix}-${transactionalId}` }),
  })
}

function newConsumer(group: string): TextConsumer {
  return new Consumer({ ...base, groupId: `${prefix}-${group}`, deserializers: stringDeserializers })
}
