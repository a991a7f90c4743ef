/** Opens the folder that a killed broker left, and compares all of it with what its clients were told. */
import { apis } from '../../../src/protocol/apis.ts'
import { CommittedReader, readBatches } from '../../../src/broker/fixtures/read-records.ts'
import { openTestBroker, type TestBroker, type TestClient } from '../../../src/broker/fixtures/test-broker.ts'
import type { Ledger, LedgerTransaction, Wish, WrittenBatch } from './ledger.ts'
import { compactedTopic, partitionCount, topics, transactionalIds } from './load.ts'

/** Longer than any transaction may be open. */
const transactionsEndMs = 60_000

/** @returns every way in which the folder differs from the ledger; nothing where it is right */
export async function verify(folder: string, ledger: Ledger): Promise<string[]> {
  const setup = openTestBroker({ dataFolder: folder }, Date.now())
  try {
    await setup.clock.advance(transactionsEndMs)
    return await differences(setup, ledger)
  } finally {
    await setup.broker.close()
  }
}

async function differences({ client }: TestBroker, ledger: Ledger): Promise<string[]> {
  const found: string[] = []
  const committed = new Set<string>()
  const partitions = topics.flatMap((topic) =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
  )
  for (const { topic, partition } of partitions) {
    const start = await startOf(client, topic, partition)
    if (topic === 'plain' && partition === 0)
      found.push(...compareWish('start of plain-0', start, ledger.start))
    const records = await readAll(client, { topic, partition, start })
    const batches = ledger.batches.filter((batch) => batch.topic === topic && batch.partition === partition)
    found.push(...compareRecords({ name: `${topic}-${partition}`, start }, records, batches))
    for (const { value, visible } of records.values()) if (visible) committed.add(value)
  }
  found.push(...compareTransactions(ledger, committed))
  for (const group of transactionalIds)
    found.push(...compareGroup(group, await offsetOf(client, group), { ledger, committed }))
  const table = await tableOf(client)
  for (const [key, wish] of ledger.keys)
    found.push(...compareWish(`key ${key}`, table.get(key) ?? null, wish))
  found.push(...compareWish('offset of "alone"', await offsetOf(client, 'alone'), ledger.offset))
  found.push(...compareWish('setting of "passing"', await retentionOf(client), ledger.passing))
  return found
}

/** What a reader of the compacted topic holds at its end. */
async function tableOf(client: TestClient): Promise<Map<string | null, string | null>> {
  const table = new Map<string | null, string | null>()
  for (let offset = 0; ;) {
    const { records } = await client.fetch(compactedTopic, offset)
    const batches = readBatches(records)
    const last = batches.at(-1)
    if (last === undefined) return table
    offset = last.header.lastOffset + 1
    for (const { key, value } of batches.flatMap((batch) => batch.records)) table.set(key, value)
  }
}

interface FoundRecord {
  readonly value: string
  /** To readers of committed records. */
  readonly visible: boolean
}

/** Everything in a partition by its offset. */
async function readAll(
  client: TestClient,
  { topic, partition, start }: { topic: string; partition: number; start: number },
): Promise<Map<number, FoundRecord>> {
  const records = new Map<number, FoundRecord>()
  const reader = new CommittedReader()
  for (let offset = start; ;) {
    const answer = await client.fetch(topic, offset, { partition, committed: true })
    // A topic that was never acknowledged need not be there.
    if (answer.error === 'UNKNOWN_TOPIC_OR_PARTITION') return records
    if (answer.error !== 'NONE') throw new Error(`${topic}-${partition} at ${offset}: ${answer.error}`)
    const batches = reader.take(answer.records, answer.abortedTransactions ?? [])
    const last = batches.at(-1)
    if (last === undefined) return new Map([...records].filter(([at]) => at >= start))
    offset = last.header.lastOffset + 1
    for (const { records: batch, committed } of batches)
      for (const { offset: at, value } of batch) records.set(at, { value: value ?? '', visible: committed })
  }
}

function compareRecords(
  { name: log, start }: { name: string; start: number },
  records: ReadonlyMap<number, FoundRecord>,
  batches: readonly WrittenBatch[],
): string[] {
  const found: string[] = []
  const offsets = new Map([...records].map(([offset, { value }]) => [value, offset]))
  if (offsets.size < records.size) found.push(`${log} has a value twice`)
  for (const { values, baseOffset } of batches) {
    const places = values.map((value) => offsets.get(value))
    const first = places.findIndex((place) => place !== undefined)
    const base = baseOffset ?? (first < 0 ? undefined : (places[first] ?? 0) - first)
    for (const [index, value] of values.entries()) {
      const gone = base === undefined || base + index < start
      if (!gone && places[index] !== base + index)
        found.push(`${log} has ${value.slice(0, 12)} at ${places[index]}, not at ${base + index}`)
      offsets.delete(value)
    }
  }
  for (const value of offsets.keys()) found.push(`${log} has ${value.slice(0, 12)}, which nobody wrote`)
  return found
}

/** Each transaction is there whole or not at all, and as it was acknowledged. */
function compareTransactions(ledger: Ledger, committed: ReadonlySet<string>): string[] {
  const found: string[] = []
  for (const transaction of ledger.transactions) {
    const name = `transaction ${transaction.transactionalId} ${transaction.number}`
    const values = ledger.batches
      .filter((batch) => batch.transaction === transaction)
      .flatMap((batch) => batch.values)
    const visible = values.filter((value) => committed.has(value)).length
    if (visible > 0 && visible < values.length)
      found.push(`${name} is there by half: ${visible} of ${values.length}`)
    const must = transaction.acknowledged ? transaction.asked : undefined
    if (must === 'commit' && visible === 0) found.push(`${name} was committed and is gone`)
    if ((must === 'abort' || transaction.asked !== 'commit') && visible > 0)
      found.push(`${name} was not committed and is there`)
  }
  return found
}

/** The group has the offset of the last transaction whose records are there. */
function compareGroup(
  group: string,
  offset: number,
  { ledger, committed }: { ledger: Ledger; committed: ReadonlySet<string> },
): string[] {
  const isThere = (transaction: LedgerTransaction): boolean =>
    ledger.batches.some(
      (batch) => batch.transaction === transaction && batch.values.some((value) => committed.has(value)),
    )
  const last = ledger.transactions.findLast((known) => known.transactionalId === group && isThere(known))
  if ((last?.number ?? 0) === offset) return []
  return [`group "${group}" is at ${offset}, and its last transaction is ${last?.number}`]
}

function compareWish<T>(name: string, value: T, wish: Wish<T>): string[] {
  const right = value === wish.acknowledged || value === wish.asked
  const wrong = `${name} is ${String(value)}, neither ${String(wish.acknowledged)} nor ${String(wish.asked)}`
  settle(wish, value)
  return right ? [] : [wrong]
}

/** What was in flight is known now. */
function settle<T>(wish: Wish<T>, value: T): void {
  wish.acknowledged = value
  wish.asked = value
}

async function startOf(client: TestClient, topic: string, partitionIndex: number): Promise<number> {
  const request = { topics: [{ name: topic, partitions: [{ partitionIndex, timestamp: -2 }] }] }
  const answer = await client.send(apis.listOffsets, request)
  return Math.max(0, answer.topics[0]?.partitions[0]?.offset ?? 0)
}

async function offsetOf(client: TestClient, groupId: string): Promise<number> {
  const groups = [{ groupId, topics: [{ name: 'plain', partitionIndexes: [0] }] }]
  const answer = await client.send(apis.offsetFetch, { groups, requireStable: true }, 9)
  const partition = answer.groups[0]?.topics[0]?.partitions[0]
  if (partition?.errorCode !== 0) throw new Error(`offset of ${groupId}: error ${partition?.errorCode}`)
  // A group that is not there yet is at −1; the ledger counts from 0.
  return Math.max(0, partition.committedOffset)
}

async function retentionOf(client: TestClient): Promise<number | undefined> {
  const resources = [{ resourceType: 2, resourceName: 'passing', configurationKeys: ['retention.ms'] }]
  const { results } = await client.send(apis.describeConfigs, { resources })
  const value = results[0]?.configs[0]?.value
  return value === undefined || value === null ? undefined : Number(value)
}
