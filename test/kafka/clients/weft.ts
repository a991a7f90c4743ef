/**
 * What every client says to a broker in the conversation test, with our own client; see Conversation.java for the steps. Arguments:
 * bootstrap, prefix of all names.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openKafka } from '../../../src/kafka/client.ts'
import {
  partitionKey,
  type CommittedOffset,
  type FetchedPartition,
  type Fetcher,
  type GroupMember,
  type GroupOptions,
  type IsolationLevel,
  type Producer,
  type ProducerOptions,
  type TopicPartition,
} from '../../../src/kafka/contracts.ts'
import {
  fetcherDefaults,
  inTurn,
  memberDefaults,
  producerDefaults,
} from '../../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../../src/kafka/tcp-connector.ts'
import { RecordColumns } from '../../../src/protocol/record-columns.ts'
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
  ourCodeOf,
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

const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'conversation', connector: tcpConnector() })
const { admin } = kafka
const step = stepper(ourCodeOf)
const readers = `${prefix}-readers`
const movers = `${prefix}-movers`

// Topics and their settings.

async function topics(): Promise<void> {
  await step('create', async () => {
    const made = [await create(topicIn, 2, { 'retention.ms': '-1' }), await create(topicOut, 2)]
    return [...made, await create(small, 1)].join('')
  })
  // That a topic exists is no error here but an answer.
  await step('create-again', async () => ((await create(topicIn, 2)) === topicIn ? 'error:36' : 'ok'))
  await step('create-bad-name', () => create(`${prefix}/bad`, 1))
  await step('create-bad-setting', () => create(`${prefix}-bad`, 1, { 'retention.ms': 'never' }))
  await step('describe', async () =>
    [await partitions(topicIn), await partitions(topicOut), await partitions(small)].join(' '),
  )
  await step('describe-missing', async () =>
    (await admin.describeTopics([`${prefix}-missing`])).length === 0 ? 'error:3' : 'ok',
  )
  await step('more-partitions', async () => {
    await admin.createPartitions(small, 3)
    return partitions(small)
  })
  await step('fewer-partitions', () => admin.createPartitions(small, 1))
  await step('cluster', async () => new Set((await admin.listTopics()).flatMap(leadersOf)).size)
}

function leadersOf({
  partitions: all,
}: {
  readonly partitions: readonly { readonly leader: number }[]
}): number[] {
  return all.map(({ leader }) => leader)
}

async function configs(): Promise<void> {
  const name = 'max.message.bytes'
  await step('set', () => set({ [name]: '300' }))
  await step('set-bad', () => set({ [name]: 'many' }))
  await step('get', async () => (await admin.topicConfigs(small))[name])
  await step('unset', () => set({ 'cleanup.policy': null }))
  await step('get-unset', async () => (await admin.topicConfigs(small))['cleanup.policy'])
}

async function create(name: string, count: number, settings: Record<string, string> = {}): Promise<string> {
  const topic = { name, partitions: count, replicationFactor: 1, configs: settings }
  return (await admin.createTopics([topic]))[0] ?? 'ok'
}

async function partitions(topic: string): Promise<number> {
  return (await admin.describeTopics([topic]))[0]?.partitions.length ?? -1
}

async function set(changes: Record<string, string | null>): Promise<string> {
  await admin.alterTopicConfigs(small, changes)
  return 'ok'
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
  options: Partial<ProducerOptions> = {},
): Promise<string> {
  const producer = await openProducer(options)
  try {
    append(producer, topic, sent)
    await producer.flush()
    return 'ok'
  } finally {
    await producer.close()
  }
}

async function openProducer(options: Partial<ProducerOptions> = {}): Promise<Producer> {
  const producer = kafka.producer({ ...producerDefaults, lingerMs: 50, ...options })
  await producer.init()
  for (const topic of [topicIn, topicOut, small]) await producer.partitionCount(topic)
  return producer
}

function append(producer: Producer, topic: string, sent: readonly Sent[]): void {
  for (const { partition = -1, key, value, timeMs } of sent) {
    const keyBytes = Buffer.from(key ?? '')
    const valueBytes = Buffer.from(value ?? '')
    producer.append(topic, {
      partition,
      timestampMs: timeMs,
      key: keyBytes,
      keyStart: 0,
      keyEnd: key === null ? -1 : keyBytes.length,
      value: valueBytes,
      valueStart: 0,
      valueEnd: value === null ? -1 : valueBytes.length,
      headers: value === null ? undefined : [{ key: 'of', value: valueBytes }],
    })
  }
}

async function reads(): Promise<void> {
  await step('read', () => readAll(topicIn, 'read_committed'))
  await step('ends', async () => `${await offsets(topicIn, 'earliest')} to ${await ends(topicIn)}`)
  await step('by-time', () => offsets(topicIn, startMs + 2000))
  await step('by-late-time', () => offsets(topicIn, startMs + 10_000))
}

async function deletesRecords(): Promise<void> {
  await step('delete-records', () => deleteBefore(2))
  await step('starts', () => offsets(topicIn, 'earliest'))
  await step('delete-beyond', () => deleteBefore(1000))
  await step('read-deleted', async () => {
    const fetcher = kafka.fetcher(fetcherDefaults)
    const partition = { topic: topicIn, partition: 1 }
    fetcher.assign(partition, 0)
    try {
      // An offset outside the log is told to the reader, who decides where to go on.
      const part = await next(fetcher)
      if (part?.outOfRange !== true) return 'in range'
      const starts = await admin.listOffsets([partition], 'earliest', 'read_committed')
      fetcher.seek(partition, starts.get(partitionKey(partition)) ?? -1)
      const [first] = recordsOf(await next(fetcher))
      return first === undefined ? 'nothing' : text(first)
    } finally {
      await fetcher.close()
    }
  })
}

async function deleteBefore(offset: number): Promise<number> {
  await admin.deleteRecords([{ topic: topicIn, partition: 1, offset }])
  const starts = await admin.listOffsets([{ topic: topicIn, partition: 1 }], 'earliest', 'read_committed')
  return starts.get(`${topicIn}-1`) ?? -1
}

async function next(fetcher: Fetcher): Promise<FetchedPartition | undefined> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs) {
    const part = fetcher.poll()
    if (part !== undefined) return part
    await fetcher.ready(100)
  }
  return undefined
}

function recordsOf(part: FetchedPartition | undefined): SeenRecord[] {
  if (part === undefined) return []
  const columns = new RecordColumns()
  return part.batches.flatMap((batch) => {
    columns.read(batch)
    const slice = (start = 0, end = -1): string | null =>
      end < 0 ? null : batch.buffer.toString('utf8', start, end)
    return Array.from({ length: columns.count }, (_, row) => ({
      partition: part.partition,
      offset: columns.offset[row] ?? -1,
      key: slice(columns.keyStart[row], columns.keyEnd[row]),
      value: slice(columns.valueStart[row], columns.valueEnd[row]),
      of: String(columns.headersOf(row)?.find(({ key }) => key === 'of')?.value ?? ''),
      timestampMs: columns.timestampMs[row] ?? -1,
    })).filter(({ offset }) => offset >= part.fetchOffset)
  })
}

async function readAll(topic: string, isolation: IsolationLevel): Promise<string> {
  const both = bothOf(topic)
  const starts = await admin.listOffsets(both, 'earliest', isolation)
  const last = await admin.listOffsets(both, 'latest', isolation)
  const fetcher = kafka.fetcher({ ...fetcherDefaults, isolation })
  for (const partition of both) fetcher.assign(partition, starts.get(partitionKey(partition)) ?? 0)
  const unread = new Set(both.map(partitionKey))
  const records: SeenRecord[] = []
  while (unread.size > 0) {
    const part = await next(fetcher)
    if (part === undefined) break
    records.push(...recordsOf(part))
    const key = partitionKey(part)
    if (part.nextOffset >= (last.get(key) ?? 0)) unread.delete(key)
  }
  await fetcher.close()
  return texts(records)
}

// Groups.

async function readsInGroups(): Promise<void> {
  await step('group-read', async () => (await readInGroup(21)).length)
  await step('group-resume', async () => {
    await write(topicIn, laterRecords)
    return texts(await readInGroup(2))
  })
}

async function administersGroups(): Promise<void> {
  await step('groups', async () => {
    const listed = (await admin.listGroups()).map(({ groupId }) => groupId)
    const ours = listed.filter((id) => id.startsWith(prefix))
    return ours
      .map((id) => id.slice(prefix.length + 1))
      .toSorted()
      .join(' ')
  })
  await step('group-state', async () => {
    const described = await admin.describeGroup(readers)
    return `${described?.state} ${described?.members.length}`
  })
  await step('group-offsets', () => groupOffsets(readers))
  await step('group-reset', async () => {
    await admin.setGroupOffsets(
      readers,
      resetTo.map((one) => ({ topic: topicIn, ...one, metadata: '' })),
    )
    return groupOffsets(readers)
  })
  await step('group-reread', async () => texts(await readInGroup(4)))
  await step('group-delete-offset', async () => {
    await admin.deleteGroupOffsets(readers, [{ topic: topicIn, partition: 0 }])
    return groupOffsets(readers)
  })
  await step('group-delete', () => deleteGroup(readers))
  await step('group-delete-again', () => deleteGroup(readers))
}

async function deleteGroup(group: string): Promise<string> {
  await admin.deleteGroup(group)
  return 'ok'
}

async function groupOffsets(group: string): Promise<string> {
  return offsetsText(await admin.groupOffsets(group))
}

/** Offsets of a transaction that is being completed are not there yet, where the group had none before. */
async function stableOffsets(group: string): Promise<string> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const seen = await groupOffsets(group)
    if (seen.includes(' ') || performance.now() > endMs) return seen
    await sleep(20)
  }
}

/** A member that keeps what it owns. */
class Reader {
  readonly member: GroupMember
  readonly owned = new Map<string, TopicPartition>()

  constructor(group: string, options: Partial<GroupOptions> = {}) {
    const drop = async (partitions: readonly TopicPartition[]): Promise<void> => {
      for (const partition of partitions) this.owned.delete(partitionKey(partition))
    }
    this.member = kafka.groupMember({
      ...memberDefaults,
      groupId: `${prefix}-${group}`,
      heartbeatMs: 300,
      sessionTimeoutMs: 6000,
      subscription: () => ({ topics: [topicIn], userData: Buffer.alloc(0) }),
      assignor: inTurn('cooperative'),
      ...options,
      listener: {
        onAssigned: async (partitions) => {
          for (const partition of partitions) this.owned.set(partitionKey(partition), partition)
        },
        onRevoked: drop,
        onLost: drop,
      },
    })
  }

  /** @returns how many partitions it has when it has as many, or its time is over */
  async untilOwned(count: number): Promise<number> {
    const endMs = performance.now() + patienceMs
    while ((this.owned.size !== count || this.member.rebalancing) && performance.now() < endMs) {
      await this.member.poll()
      await sleep(20)
    }
    return this.owned.size
  }

  async read(count: number): Promise<SeenRecord[]> {
    await this.untilOwned(2)
    const partitions = [...this.owned.values()]
    const committed = await this.member.fetchOffsets(partitions)
    const starts = await admin.listOffsets(partitions, 'earliest', 'read_committed')
    const fetcher = kafka.fetcher(fetcherDefaults)
    for (const partition of partitions) {
      const key = partitionKey(partition)
      fetcher.assign(partition, committed.get(key)?.offset ?? starts.get(key) ?? 0)
    }
    const records: SeenRecord[] = []
    while (records.length < count) {
      const part = await next(fetcher)
      if (part === undefined) break
      records.push(...recordsOf(part))
      await this.member.poll()
    }
    await fetcher.close()
    return records
  }
}

async function readInGroup(count: number): Promise<SeenRecord[]> {
  const reader = new Reader('readers')
  const records = await reader.read(count)
  await reader.member.commitOffsets(positions(records, 0))
  await reader.member.close(true)
  return records
}

/** After the last record of each partition, or so many before. */
function positions(records: readonly SeenRecord[], fewer: number): CommittedOffset[] {
  const last = new Map<number, number>()
  for (const { partition, offset } of records) {
    last.set(partition, Math.max(Number(offset) + 1 - fewer, last.get(partition) ?? 0))
  }
  return [...last].map(([partition, offset]) => ({ topic: topicIn, partition, offset, metadata: '' }))
}

async function rebalances(): Promise<void> {
  await step('static', async () => {
    const first = new Reader('static', { instanceId: 'one' })
    const before = await first.untilOwned(2)
    await first.member.close(false)
    const second = new Reader('static', { instanceId: 'one' })
    const after = await second.untilOwned(2)
    const described = await admin.describeGroup(`${prefix}-static`)
    await second.member.close(false)
    return `${before} ${after} ${described?.members.map(({ instanceId }) => instanceId ?? 'none').join(',')}`
  })
  await step('cooperative', async () => {
    const first = new Reader('coop')
    const alone = await first.untilOwned(2)
    const second = new Reader('coop')
    const shared = (await Promise.all([first.untilOwned(1), second.untilOwned(1)])).join('+')
    await second.member.close(true)
    const again = await first.untilOwned(2)
    await first.member.close(true)
    return `${alone} ${shared} ${again}`
  })
  await step('new-group', async () => 'not offered')
  await step('group-delete-busy', async () => {
    const reader = new Reader('busy')
    await reader.untilOwned(2)
    try {
      return await deleteGroup(`${prefix}-busy`)
    } finally {
      await reader.member.close(true)
    }
  })
}

// Transactions.

async function transactions(): Promise<void> {
  const producer = await openTransactional('writer')
  const nobody = { groupId: '', generation: -1, memberId: '', instanceId: undefined }
  append(producer, topicOut, keyed(4, 'kept'))
  await producer.commit([], nobody)
  append(producer, topicOut, keyed(4, 'dropped'))
  await producer.flush()
  await step(
    'open-ends',
    async () => `${await offsets(topicOut, 'latest', 'read_committed')} of ${await ends(topicOut)}`,
  )
  await producer.abort()
  append(producer, topicOut, keyed(2, 'late'))
  await producer.commit([], nobody)
  await producer.close()
  await step('committed', () => readAll(topicOut, 'read_committed'))
  await step('everything', () => readAll(topicOut, 'read_uncommitted'))
}

function openTransactional(id: string): Promise<Producer> {
  return openProducer({ transactional: { id: `${prefix}-${id}`, timeoutMs: 10_000 } })
}

async function moves(): Promise<void> {
  const producer = await openTransactional('mover')
  const reader = new Reader('movers')
  const records = await reader.read(23)
  append(producer, topicOut, movedRecords)
  await producer.commit(positions(records, 0), reader.member.metadata)
  await step('moved', () => stableOffsets(movers))
  append(producer, topicOut, [droppedRecord])
  await producer.flush()
  await producer.abort()
  await step('not-moved', () => stableOffsets(movers))
  await step('together', () => readAll(topicOut, 'read_committed'))
  await step('fenced', async () => {
    const latter = await openTransactional('mover')
    append(producer, topicOut, [fencedRecord])
    try {
      await producer.commit([], reader.member.metadata)
      return 'no'
    } finally {
      await latter.close()
      await producer.close()
    }
  })
  await reader.member.close(true)
}

async function deletesTopics(): Promise<void> {
  await step('delete', async () => {
    await admin.deleteTopics([topicIn, topicOut, small])
    return 'ok'
  })
  // Ours says so with a code of its own, and how to make it.
  await step('delete-again', async () => {
    await admin.deleteTopics([topicIn])
    return 'ok'
  })
}

// What the steps share.

function bothOf(topic: string): TopicPartition[] {
  return [0, 1].map((partition) => ({ topic, partition }))
}

async function offsets(
  topic: string,
  at: 'earliest' | 'latest' | number,
  isolation: IsolationLevel = 'read_uncommitted',
): Promise<string> {
  const found = await admin.listOffsets(bothOf(topic), at, isolation)
  return offsetsText(bothOf(topic).map((one) => ({ ...one, offset: found.get(partitionKey(one)) ?? -1 })))
}

function ends(topic: string): Promise<string> {
  return offsets(topic, 'latest')
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
await kafka.close()
