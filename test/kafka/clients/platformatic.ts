/**
 * What every client says to a broker in the conversation test, with the client of `@platformatic/kafka`; see Conversation.java for the
 * steps. Arguments: bootstrap, prefix of all names.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
  type ConsumeOptions,
  type Message,
  type ProducerOptions,
} from '@platformatic/kafka'
import {
  bootstrap,
  codecRound,
  codecs,
  droppedRecord,
  fencedRecord,
  keyed,
  laterRecords,
  movedRecords,
  oddRecords,
  offsetsText,
  patienceMs,
  prefix,
  resetTo,
  small,
  startMs,
  stepper,
  text,
  texts,
  tooLarge,
  topicIn,
  topicOut,
  type SeenRecord,
  type Sent,
} from './conversation.ts'
import { codeOf } from './platformatic-error.ts'

type TextConsumer = Consumer<string, string, string, string>
type TextProducer = Producer<string, string, string, string>
type TextMessage = Message<string, string, string, string>
type TextOptions = ConsumeOptions<string, string, string, string>

const base = { clientId: 'conversation', bootstrapBrokers: [bootstrap] }
const isolation = { read_uncommitted: 0, read_committed: 1 } as const
const times = { earliest: -2n, latest: -1n } as const
const topicResource = 2
const graceMs = 200
const notCoordinator = '16'
const admin = new Admin(base)
const step = stepper(codeOf)
const readers = `${prefix}-readers`
const movers = `${prefix}-movers`

// Topics and their settings.

async function topics(): Promise<void> {
  await step('create', async () => {
    const made = [
      await create(topicIn, 2, [{ name: 'retention.ms', value: '-1' }]),
      await create(topicOut, 2),
    ]
    return [...made, await create(small, 1)].join('')
  })
  await step('create-again', () => create(topicIn, 2))
  await step('create-bad-name', () => create(`${prefix}/bad`, 1))
  await step('create-bad-setting', () =>
    create(`${prefix}-bad`, 1, [{ name: 'retention.ms', value: 'never' }]),
  )
  await step('describe', async () =>
    [await partitions(topicIn), await partitions(topicOut), await partitions(small)].join(' '),
  )
  await step('describe-missing', () => partitions(`${prefix}-missing`))
  await step('more-partitions', async () => {
    await grow(3)
    await eventually(async () => (await partitions(small)) === 3)
    return partitions(small)
  })
  await step('fewer-partitions', () => grow(1))
  await step(
    'cluster',
    async () => (await admin.metadata({ topics: [topicIn], forceUpdate: true })).brokers.size,
  )
}

async function configs(): Promise<void> {
  await step('set', () => set('max.message.bytes', '300'))
  await step('set-bad', () => set('max.message.bytes', 'many'))
  await step('get', async () => {
    await eventually(async () => (await get('max.message.bytes')) === '300')
    return get('max.message.bytes')
  })
  await step('unset', () => set('cleanup.policy', null))
  await step('get-unset', () => get('cleanup.policy'))
}

async function create(
  topic: string,
  count: number,
  settings: { name: string; value: string }[] = [],
): Promise<string> {
  await admin.createTopics({ topics: [topic], partitions: count, replicas: 1, configs: settings })
  await eventually(async () => (await partitions(topic)) === count)
  return 'ok'
}

async function partitions(topic: string): Promise<number | undefined> {
  const { topics: found } = await admin.metadata({ topics: [topic], forceUpdate: true })
  return found.get(topic)?.partitionsCount
}

async function grow(count: number): Promise<string> {
  const topics = [{ name: small, count, assignments: null }]
  await admin.createPartitions({ topics })
  return 'ok'
}

async function set(name: string, value: string | null): Promise<string> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
  await admin.incrementalAlterConfigs({
    resources: [{ resourceType: topicResource, resourceName: small, configs }],
  } as Parameters<typeof admin.incrementalAlterConfigs>[0])
  return 'ok'
}

async function get(name: string): Promise<string | null | undefined> {
  const resources = [{ resourceType: topicResource, resourceName: small, configurationKeys: [name] }]
  const [described] = await admin.describeConfigs({ resources } as Parameters<
    typeof admin.describeConfigs
  >[0])
  return described?.configs[0]?.value
}

// Records.

async function writes(): Promise<void> {
  for (const compression of codecs) {
    await step(`write-${compression}`, async () => {
      await write(topicIn, codecRound(compression), { compression })
      return ends(topicIn)
    })
  }
  await step('write-odd', async () => {
    await write(topicIn, oddRecords)
    return ends(topicIn)
  })
  await step('write-too-large', () => write(small, [tooLarge]))
}

async function write(
  topic: string,
  sent: readonly Sent[],
  options: Pick<ProducerOptions<string, string, string, string>, 'compression'> = {},
): Promise<string> {
  const producer = newProducer()
  try {
    await producer.send({ messages: messagesOf(topic, sent), ...options })
    return 'ok'
  } finally {
    await producer.close(true)
  }
}

function messagesOf(topic: string, sent: readonly Sent[]) {
  return sent.map(({ partition, key, value, timeMs }) => ({
    topic,
    timestamp: BigInt(timeMs),
    ...(partition === undefined ? {} : { partition }),
    ...(key === null ? {} : { key }),
    ...(value === null ? {} : { value, headers: { of: value } }),
  }))
}

async function reads(): Promise<void> {
  await step('read', () => readAll(topicIn, 'read_committed', 23))
  await step('ends', async () => `${await offsets(topicIn, times.earliest)} to ${await ends(topicIn)}`)
  await step('by-time', () => offsets(topicIn, BigInt(startMs + 2000)))
  await step('by-late-time', () => offsets(topicIn, BigInt(startMs + 10_000)))
}

async function deletesRecords(): Promise<void> {
  await step('delete-records', () => deleteBefore(2n))
  await step('starts', () => offsets(topicIn, times.earliest))
  await step('delete-beyond', () => deleteBefore(1000n))
  await step('read-deleted', async () => {
    // Partition 0 at its end: nothing comes from there.
    const from = [0, 1].map((partition) => ({ topic: topicIn, partition, offset: partition === 0 ? 7n : 0n }))
    const options = { mode: 'manual', fallbackMode: 'earliest', offsets: from }
    const [first] = await consumeAlone(topicIn, 1, options as Partial<TextOptions>)
    return first === undefined ? 'nothing' : text(first)
  })
}

async function deleteBefore(offset: bigint): Promise<bigint | undefined> {
  const deleted = await admin.deleteRecords({
    topics: [{ name: topicIn, partitions: [{ partition: 1, offset }] }],
  })
  return deleted[0]?.partitions[0]?.lowWatermark
}

/** By a group of its own that keeps no offsets: this client reads in no other way. */
async function consumeAlone(
  topic: string,
  count: number,
  options: Partial<TextOptions>,
): Promise<SeenRecord[]> {
  const consumer = newConsumer(`alone-${crypto.randomUUID()}`)
  const records = await consume(consumer, topic, count, options)
  await leave(consumer)
  return records
}

async function readAll(topic: string, level: keyof typeof isolation, count: number): Promise<string> {
  const options = { mode: 'earliest', isolationLevel: isolation[level] } as const
  return texts(await consumeAlone(topic, count, options))
}

/** Waits for so many records, and a little for more than that. */
async function consume(
  consumer: TextConsumer,
  topic: string,
  count: number,
  options: Partial<TextOptions> = {},
): Promise<SeenRecord[]> {
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    isolationLevel: isolation.read_committed,
    autocommit: false,
    maxWaitTime: 100,
    ...options,
  })
  const records: SeenRecord[] = []
  stream.on('data', (message: TextMessage) => records.push(seenOf(message)))
  const endMs = performance.now() + patienceMs
  while (records.length < count && performance.now() < endMs) await sleep(20)
  await sleep(graceMs)
  await stream.close()
  return records
}

function seenOf({ partition, offset, key, value, headers, timestamp }: TextMessage): SeenRecord {
  const timestampMs = Number(timestamp)
  // It gives no key as undefined, and no value as empty.
  return {
    partition,
    offset,
    key: key ?? null,
    value: value ?? null,
    of: headers.get('of') ?? '',
    timestampMs,
  }
}

// Groups.

async function readsInGroups(): Promise<void> {
  await step('group-read', async () => (await readInGroup(21)).length)
  await step('group-resume', async () => {
    await write(topicIn, laterRecords)
    return texts(await readInGroup(2))
  })
}

async function readInGroup(count: number): Promise<SeenRecord[]> {
  const consumer = newConsumer('readers')
  const records = await consume(consumer, topicIn, count)
  await consumer.commit({ offsets: positions(records, 0n).map((one) => ({ ...one, leaderEpoch: 0 })) })
  await leave(consumer)
  return records
}

function positions(records: readonly SeenRecord[], fewer: bigint) {
  const last = new Map<number, bigint>()
  for (const { partition, offset } of records) last.set(partition, BigInt(offset) + 1n - fewer)
  return [...last].map(([partition, offset]) => ({ topic: topicIn, partition, offset }))
}

async function administersGroups(): Promise<void> {
  await step('groups', async () => {
    const ours = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(prefix))
    return ours
      .map((id) => id.slice(prefix.length + 1))
      .filter((id) => !id.startsWith('alone'))
      .toSorted()
      .join(' ')
  })
  await step('group-state', async () => {
    const described = (await admin.describeGroups({ groups: [readers] })).get(readers)
    return `${capital(described?.state ?? '')} ${described?.members.size}`
  })
  await step('group-offsets', () => groupOffsets(readers))
  await step('group-reset', async () => {
    const partitionOffsets = resetTo.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) }))
    await admin.alterConsumerGroupOffsets({ groupId: readers, topics: [{ name: topicIn, partitionOffsets }] })
    return groupOffsets(readers)
  })
  await step('group-reread', async () => texts(await readInGroup(4)))
  await step('group-delete-offset', async () => {
    await admin.deleteConsumerGroupOffsets({
      groupId: readers,
      topics: [{ name: topicIn, partitionIndexes: [0] }],
    })
    return groupOffsets(readers)
  })
  await step('group-delete', () => deleteGroup(readers))
  await step('group-delete-again', () => deleteGroup(readers))
}

function capital(state: string): string {
  return state.charAt(0).toUpperCase() + state.slice(1).toLowerCase()
}

async function deleteGroup(group: string): Promise<string> {
  await admin.deleteGroups({ groups: [group] })
  return 'ok'
}

/** Offsets of a transaction that is being completed are not there yet. */
async function stableOffsets(group: string): Promise<string> {
  let seen = ''
  await eventually(async () => {
    seen = await groupOffsets(group)
    return seen.includes(' ')
  })
  return seen
}

async function groupOffsets(group: string): Promise<string> {
  const [found] = await admin.listConsumerGroupOffsets({ groups: [group], requireStable: true })
  const all = (found?.topics ?? []).flatMap(({ partitions: each }) => each)
  return offsetsText(
    all.map(({ partitionIndex, committedOffset }) => ({
      partition: partitionIndex,
      offset: committedOffset,
    })),
  )
}

async function rebalances(): Promise<void> {
  await step('static', async () => {
    const first = newConsumer('static', { groupInstanceId: 'one' })
    const before = await owned(first, 2)
    await leave(first)
    const second = newConsumer('static', { groupInstanceId: 'one' })
    const after = await owned(second, 2)
    const described = (await admin.describeGroups({ groups: [`${prefix}-static`] })).get(`${prefix}-static`)
    const members = [...(described?.members.values() ?? [])]
    await leave(second)
    return `${before} ${after} ${members.map(({ groupInstanceId }) => groupInstanceId ?? 'none').join(',')}`
  })
  await step('cooperative', async () => {
    const protocols = [{ name: 'cooperative-sticky', version: 1 }]
    return shared(() => newConsumer('coop', { protocols }))
  })
  await step('new-group', () => shared(newGroupConsumer))
  await step('group-delete-busy', async () => {
    const consumer = newConsumer('busy')
    await owned(consumer, 2)
    try {
      return await deleteGroup(`${prefix}-busy`)
    } finally {
      await leave(consumer)
    }
  })
}

/**
 * While it closes it looks for no coordinator that has moved (`#performLeaveGroup` in its `clients/consumer/consumer.js`): then the group
 * forgets it when its session is over, which is waited for.
 */
async function leave(consumer: TextConsumer): Promise<void> {
  const { memberId } = consumer
  try {
    await consumer.close(true)
  } catch (error) {
    if (codeOf(error) !== notCoordinator) throw error
    await eventually(async () => {
      const { groupId } = consumer
      const described = (await admin.describeGroups({ groups: [groupId] })).get(groupId)
      return described?.members.has(memberId ?? '') === false
    })
  }
}

/** How many partitions a member has alone, beside another one, and when that has gone. */
async function shared(open: () => TextConsumer): Promise<string> {
  const first = open()
  const alone = await owned(first, 2)
  const second = open()
  const beside = (await Promise.all([owned(first, 1), owned(second, 1)])).join('+')
  await leave(second)
  const again = await owned(first, 2)
  await leave(first)
  return `${alone} ${beside} ${again}`
}

/** Of a group whose partitions the broker assigns (KIP-848). */
function newGroupConsumer(): TextConsumer {
  return new Consumer({
    ...base,
    groupId: `${prefix}-new`,
    groupProtocol: 'consumer',
    deserializers: stringDeserializers,
  })
}

const streaming = new WeakSet<TextConsumer>()

/** How many partitions it has when it has as many, or its time is over. */
async function owned(consumer: TextConsumer, count: number): Promise<number> {
  if (!streaming.has(consumer)) {
    streaming.add(consumer)
    const stream = await consumer.consume({
      topics: [topicIn],
      mode: 'latest',
      autocommit: false,
      maxWaitTime: 100,
    })
    stream.resume()
  }
  const size = (): number => (consumer.assignments ?? []).flatMap(({ partitions: each }) => each).length
  const endMs = performance.now() + patienceMs
  while (size() !== count && performance.now() < endMs) await sleep(20)
  return size()
}

// Transactions.

async function transactions(): Promise<void> {
  const producer = newProducer('writer')
  const kept = await producer.beginTransaction()
  await kept.send({ messages: messagesOf(topicOut, keyed(4, 'kept')) })
  await kept.commit()
  const dropped = await producer.beginTransaction()
  await dropped.send({ messages: messagesOf(topicOut, keyed(4, 'dropped')) })
  await step('open-ends', async () => {
    const stable = await endsOf(topicOut, 'read_committed')
    return `${offsetsText([...stable].map(([partition, offset]) => ({ partition, offset })))} of ${await ends(topicOut)}`
  })
  await dropped.abort()
  const late = await producer.beginTransaction()
  await late.send({ messages: messagesOf(topicOut, keyed(2, 'late')) })
  await late.commit()
  await producer.close(true)
  await step('committed', () => readAll(topicOut, 'read_committed', 6))
  await step('everything', () => readAll(topicOut, 'read_uncommitted', 10))
}

async function moves(): Promise<void> {
  const consumer = newConsumer('movers')
  const producer = newProducer('mover')
  const messages: TextMessage[] = []
  const records = await consumeMessages(consumer, messages)
  const moving = await producer.beginTransaction()
  await moving.addConsumer(consumer)
  await moving.send({ messages: messagesOf(topicOut, movedRecords) })
  for (const message of lastOfEach(messages)) await moving.addOffset(message)
  await moving.commit()
  await step('moved', () => stableOffsets(movers))
  const again = await producer.beginTransaction()
  await again.addConsumer(consumer)
  await again.send({ messages: messagesOf(topicOut, [droppedRecord]) })
  for (const message of lastOfEach(messages.slice(0, records.length - 1))) await again.addOffset(message)
  await again.abort()
  await step('not-moved', () => stableOffsets(movers))
  await step('together', () => readAll(topicOut, 'read_committed', 8))
  await step('fenced', async () => {
    const latter = newProducer('mover')
    await latter.beginTransaction()
    const late = await producer.beginTransaction()
    await late.send({ messages: messagesOf(topicOut, [fencedRecord]) })
    return 'no'
  })
  await leave(consumer)
}

async function consumeMessages(consumer: TextConsumer, messages: TextMessage[]): Promise<TextMessage[]> {
  const stream = await consumer.consume({
    topics: [topicIn],
    mode: 'committed',
    fallbackMode: 'earliest',
    isolationLevel: isolation.read_committed,
    autocommit: false,
    maxWaitTime: 100,
  })
  stream.on('data', (message) => messages.push(message))
  const endMs = performance.now() + patienceMs
  while (messages.length < 23 && performance.now() < endMs) await sleep(20)
  await stream.close()
  return messages
}

function lastOfEach(messages: readonly TextMessage[]): TextMessage[] {
  return [...new Map(messages.map((message) => [message.partition, message])).values()]
}

async function deletesTopics(): Promise<void> {
  await step('delete', async () => {
    await admin.deleteTopics({ topics: [topicIn, topicOut, small] })
    return 'ok'
  })
  await step('delete-again', async () => {
    await admin.deleteTopics({ topics: [topicIn] })
    return 'ok'
  })
}

// What the steps share.

/** Brokers learn of a change a little after it was made. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs && !(await holds().catch(() => false))) await sleep(20)
}

async function offsets(
  topic: string,
  timestamp: bigint,
  level: keyof typeof isolation = 'read_uncommitted',
): Promise<string> {
  const found = await offsetsOf(topic, timestamp, level)
  return offsetsText([...found].map(([partition, offset]) => ({ partition, offset })))
}

async function offsetsOf(
  topic: string,
  timestamp: bigint,
  level: keyof typeof isolation,
): Promise<Map<number, bigint>> {
  const both = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp }))
  const [found] = await admin.listOffsets({
    topics: [{ name: topic, partitions: both }],
    isolationLevel: isolation[level],
  })
  return new Map((found?.partitions ?? []).map(({ partitionIndex, offset }) => [partitionIndex, offset]))
}

function endsOf(topic: string, level: keyof typeof isolation): Promise<Map<number, bigint>> {
  return offsetsOf(topic, times.latest, level)
}

function ends(topic: string): Promise<string> {
  return offsets(topic, times.latest)
}

function newProducer(transactionalId?: string): TextProducer {
  return new Producer({
    ...base,
    idempotent: true,
    serializers: stringSerializers,
    ...(transactionalId === undefined ? {} : { transactionalId: `${prefix}-${transactionalId}` }),
  })
}

function newConsumer(group: string, options: object = {}): TextConsumer {
  return new Consumer({
    ...base,
    groupId: `${prefix}-${group}`,
    deserializers: stringDeserializers,
    heartbeatInterval: 300,
    sessionTimeout: 6000,
    ...options,
  })
}

await topics()
await configs()
await writes()
await reads()
await deletesRecords()
await readsInGroups()
await administersGroups()
await rebalances()
await transactions()
await moves()
await deletesTopics()
process.exit(0)
