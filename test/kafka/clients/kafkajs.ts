/**
 * What every client says to a broker in the conversation test, with KafkaJS, as far as it can; see Conversation.java for the steps.
 * Arguments: bootstrap, prefix of all names.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkaJs, {
  CompressionTypes,
  Kafka,
  logLevel,
  Partitioners,
  type Consumer,
  type KafkaMessage,
  type Producer,
} from 'kafkajs'
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
import { codeOf } from './kafkajs-error.ts'

const notOffered = async (): Promise<string> => 'not offered'
const kafka = new Kafka({
  clientId: 'conversation',
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 30 },
})
const admin = kafka.admin()
const step = stepper(codeOf)
const readers = `${prefix}-readers`
const movers = `${prefix}-movers`
const graceMs = 200

// Topics and their settings.

async function topics(): Promise<void> {
  await step('create', async () => {
    const made = [await create(topicIn, 2, { name: 'retention.ms', value: '-1' }), await create(topicOut, 2)]
    return [...made, await create(small, 1)].join('')
  })
  // It tells by its answer that the topic exists.
  await step('create-again', async () => ((await create(topicIn, 2)) === 'ok' ? 'ok' : 'error:36'))
  await step('create-bad-name', () => create(`${prefix}/bad`, 1))
  await step('create-bad-setting', () => create(`${prefix}-bad`, 1, { name: 'retention.ms', value: 'never' }))
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
  await step('cluster', async () => (await admin.describeCluster()).brokers.length)
}

/** This client replaces all settings of a topic at once: to unset one is not to name it. */
async function configs(): Promise<void> {
  await step('set', () => set('max.message.bytes', '300'))
  await step('set-bad', () => set('max.message.bytes', 'many'))
  await step('get', async () => {
    await eventually(async () => (await get('max.message.bytes')) === '300')
    return get('max.message.bytes')
  })
  await step('unset', () => set('max.message.bytes', '300'))
  await step('get-unset', () => get('cleanup.policy'))
}

async function create(
  topic: string,
  count: number,
  ...configEntries: { name: string; value: string }[]
): Promise<string> {
  const settings = { topic, numPartitions: count, replicationFactor: 1, configEntries }
  const created = await admin.createTopics({ topics: [settings], waitForLeaders: false })
  await untilKnown(settings.topic)
  return created ? 'ok' : 'exists'
}

/** Its own retries do not wait on newer releases of Node: a broker that hears of the topic a little later is asked here. */
async function untilKnown(topic: string): Promise<void> {
  const endMs = performance.now() + 20_000
  const known = async (): Promise<boolean> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.every(({ leader }) => leader >= 0) === true
  }
  while (performance.now() < endMs && !(await known().catch(() => false))) await sleep(50)
}

async function partitions(topic: string): Promise<number | undefined> {
  return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length
}

async function grow(count: number): Promise<string> {
  await admin.createPartitions({ topicPartitions: [{ topic: small, count }] })
  return 'ok'
}

async function set(name: string, value: string): Promise<string> {
  const resource = { type: kafkaJs.ConfigResourceTypes.TOPIC, name: small, configEntries: [{ name, value }] }
  await admin.alterConfigs({ validateOnly: false, resources: [resource] })
  return 'ok'
}

async function get(name: string): Promise<string | undefined> {
  const resources = [{ type: kafkaJs.ConfigResourceTypes.TOPIC, name: small, configNames: [name] }]
  const { resources: described } = await admin.describeConfigs({ includeSynonyms: false, resources })
  return described[0]?.configEntries[0]?.configValue
}

// Records.

async function writes(): Promise<void> {
  for (const codec of codecs) {
    await step(`write-${codec}`, async () => {
      // Of the others it has no codec of its own.
      const compression = codec === 'none' ? CompressionTypes.None : CompressionTypes.GZIP
      await write(topicIn, codecRound(codec), compression)
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
  compression = CompressionTypes.None,
): Promise<string> {
  const producer = await openProducer()
  try {
    await producer.send({ topic, messages: messagesOf(sent), compression, acks: -1 })
    return 'ok'
  } finally {
    await producer.disconnect()
  }
}

function messagesOf(sent: readonly Sent[]) {
  return sent.map(({ partition, key, value, timeMs }) => ({
    key,
    value,
    timestamp: String(timeMs),
    ...(partition === undefined ? {} : { partition }),
    ...(value === null ? {} : { headers: { of: value } }),
  }))
}

async function openProducer(transactionalId?: string): Promise<Producer> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: 30 },
    ...(transactionalId === undefined ? {} : { transactionalId: `${prefix}-${transactionalId}` }),
  })
  await producer.connect()
  return producer
}

async function reads(): Promise<void> {
  await step('read', () => readAll(topicIn, 'read_committed', 23))
  await step('ends', async () => `${await starts()} to ${await ends(topicIn)}`)
  await step('by-time', () => byTime(startMs + 2000))
  await step('by-late-time', () => byTime(startMs + 10_000))
}

async function deletesRecords(): Promise<void> {
  await step('delete-records', () => deleteBefore('2'))
  await step('starts', starts)
  await step('delete-beyond', () => deleteBefore('1000'))
  await step('read-deleted', async () => {
    const group = `alone-${crypto.randomUUID()}`
    const records = await readInGroup(group, topicIn, 21)
    const [first] = records.filter(({ partition }) => partition === 1)
    return first === undefined ? 'nothing' : text(first)
  })
}

async function deleteBefore(offset: string): Promise<string | undefined> {
  await admin.deleteTopicRecords({ topic: topicIn, partitions: [{ partition: 1, offset }] })
  const offsets = await admin.fetchTopicOffsets(topicIn)
  return offsets.find(({ partition }) => partition === 1)?.low
}

async function readAll(topic: string, isolation: string, count: number): Promise<string> {
  const group = `alone-${crypto.randomUUID()}`
  return texts(await readInGroup(group, topic, count, isolation === 'read_uncommitted'))
}

/** Waits for so many records, and a little for more than that; commits after the last. */
async function readInGroup(
  group: string,
  topic: string,
  count: number,
  readUncommitted = false,
): Promise<SeenRecord[]> {
  const consumer = kafka.consumer({
    groupId: `${prefix}-${group}`,
    maxWaitTimeInMs: 100,
    heartbeatInterval: 300,
    sessionTimeout: 6000,
    readUncommitted,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const records = await run(consumer, count)
  await consumer.commitOffsets(
    positions(records, 0).map(({ partition, offset }) => ({ topic, partition, offset })),
  )
  await consumer.disconnect()
  return records
}

/**
 * It takes a coordinator that has moved for a rebalance (`isRebalancing` in its `src/errors.js`), joins again, and reads again what it has
 * not committed: each record counts once.
 */
async function run(consumer: Consumer, count: number): Promise<SeenRecord[]> {
  const records = new Map<string, SeenRecord>()
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) =>
      void records.set(`${partition}/${message.offset}`, seenOf(partition, message)),
  })
  const endMs = performance.now() + patienceMs
  while (records.size < count && performance.now() < endMs) await sleep(20)
  await sleep(graceMs)
  return [...records.values()]
}

function seenOf(partition: number, { offset, key, value, headers, timestamp }: KafkaMessage): SeenRecord {
  const of = headers?.['of']
  return {
    partition,
    offset: Number(offset),
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    of: of === undefined ? '' : String(of),
    timestampMs: Number(timestamp),
  }
}

function positions(records: readonly SeenRecord[], fewer: number): { partition: number; offset: string }[] {
  const last = new Map(records.map(({ partition, offset }) => [partition, Number(offset) + 1 - fewer]))
  return [...last].map(([partition, offset]) => ({ partition, offset: String(offset) }))
}

// Groups.

async function readsInGroups(): Promise<void> {
  await step('group-read', async () => (await readInGroup('readers', topicIn, 21)).length)
  await step('group-resume', async () => {
    await write(topicIn, laterRecords)
    return texts(await readInGroup('readers', topicIn, 2))
  })
}

async function administersGroups(): Promise<void> {
  await step('groups', async () => {
    const ours = (await admin.listGroups()).groups.map(({ groupId }) => groupId)
    const names = ours.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length + 1))
    return names
      .filter((id) => !id.startsWith('alone'))
      .toSorted()
      .join(' ')
  })
  await step('group-state', async () => {
    const [described] = (await admin.describeGroups([readers])).groups
    return `${described?.state} ${described?.members.length}`
  })
  await step('group-offsets', () => groupOffsets(readers))
  await step('group-reset', async () => {
    const to = resetTo.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
    await admin.setOffsets({ groupId: readers, topic: topicIn, partitions: to })
    return groupOffsets(readers)
  })
  await step('group-reread', async () => texts(await readInGroup('readers', topicIn, 4)))
  await step('group-delete-offset', notOffered)
  await step('group-delete', () => deleteGroup(readers))
  await step('group-delete-again', () => deleteGroup(readers))
}

async function deleteGroup(group: string): Promise<string> {
  await admin.deleteGroups([group])
  return 'ok'
}

async function groupOffsets(group: string): Promise<string> {
  const found = await admin.fetchOffsets({ groupId: group, topics: [topicIn] })
  return offsetsText(
    (found[0]?.partitions ?? []).map(({ partition, offset }) => ({ partition, offset: Number(offset) })),
  )
}

/** Offsets of a transaction that is being completed are not there yet. */
async function stableOffsets(group: string): Promise<string> {
  let seen = ''
  await eventually(async () => {
    seen = await groupOffsets(group)
    return !seen.includes('/-')
  })
  return seen
}

async function rebalances(): Promise<void> {
  await step('static', notOffered)
  await step('cooperative', notOffered)
  await step('new-group', notOffered)
  await step('group-delete-busy', async () => {
    const consumer = kafka.consumer({ groupId: `${prefix}-busy` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topicIn], fromBeginning: true })
    await run(consumer, 1)
    try {
      return await deleteGroup(`${prefix}-busy`)
    } finally {
      await consumer.disconnect()
    }
  })
}

// Transactions.

async function transactions(): Promise<void> {
  const producer = await openProducer('writer')
  const kept = await producer.transaction()
  await kept.send({ topic: topicOut, messages: messagesOf(keyed(4, 'kept')) })
  await kept.commit()
  const dropped = await producer.transaction()
  await dropped.send({ topic: topicOut, messages: messagesOf(keyed(4, 'dropped')) })
  await step('open-ends', notOffered)
  await dropped.abort()
  const late = await producer.transaction()
  await late.send({ topic: topicOut, messages: messagesOf(keyed(2, 'late')) })
  await late.commit()
  await producer.disconnect()
  await step('committed', () => readAll(topicOut, 'read_committed', 6))
  await step('everything', () => readAll(topicOut, 'read_uncommitted', 10))
}

async function moves(): Promise<void> {
  const producer = await openProducer('mover')
  const consumer = kafka.consumer({ groupId: movers, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topicIn], fromBeginning: true })
  const records = await run(consumer, 23)
  const offsetsOf = (fewer: number) => ({
    consumerGroupId: movers,
    topics: [{ topic: topicIn, partitions: positions(records, fewer) }],
  })
  const moving = await producer.transaction()
  await moving.send({ topic: topicOut, messages: messagesOf(movedRecords) })
  await moving.sendOffsets(offsetsOf(0))
  await moving.commit()
  await step('moved', () => stableOffsets(movers))
  const again = await producer.transaction()
  await again.send({ topic: topicOut, messages: messagesOf([droppedRecord]) })
  await again.sendOffsets(offsetsOf(1))
  await again.abort()
  await step('not-moved', () => stableOffsets(movers))
  await step('together', () => readAll(topicOut, 'read_committed', 8))
  await step('fenced', async () => {
    const latter = await openProducer('mover')
    const taking = await latter.transaction()
    await taking.send({ topic: topicOut, messages: messagesOf([fencedRecord]) })
    await taking.abort()
    const late = await producer.transaction()
    await late.send({ topic: topicOut, messages: messagesOf([fencedRecord]) })
    await late.commit()
    return 'no'
  })
  await consumer.disconnect()
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

async function starts(): Promise<string> {
  const offsets = await admin.fetchTopicOffsets(topicIn)
  return offsetsText(offsets.map(({ partition, low }) => ({ partition, offset: Number(low) })))
}

async function ends(topic: string): Promise<string> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsetsText(offsets.map(({ partition, high }) => ({ partition, offset: Number(high) })))
}

async function byTime(timeMs: number): Promise<string> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topicIn, timeMs)
  return offsetsText(offsets.map(({ partition, offset }) => ({ partition, offset: Number(offset) })))
}

await admin.connect()
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
