/** Clients that write to a broker until it dies under them, and put down in a ledger what they were told. */
import type { Random } from '../../../src/base/random.ts'
import { TcpPeer } from '../../../src/broker/fixtures/tcp-peer.ts'
import { batchOf, keyedBatchOf, TestClient } from '../../../src/broker/fixtures/test-broker.ts'
import { apis } from '../../../src/protocol/apis.ts'
import type { Ledger, LedgerTransaction } from './ledger.ts'

export const topics = ['plain', 'idempotent', 'transactional'] as const
export const compactedTopic = 'compacted'
export const transactionalIds = ['tx-0', 'tx-1'] as const
export const partitionCount = 2

type Topic = (typeof topics)[number]

export interface LoadPlace {
  readonly port: number
  readonly ledger: Ledger
  readonly random: Random
}

/** Runs all clients until the broker is gone; gives what failed for another reason. */
export async function load(place: LoadPlace): Promise<unknown[]> {
  await makeTopics(place).catch(() => {})
  const results = await Promise.allSettled([
    writePlainly(place),
    writeIdempotently(place),
    ...transactionalIds.map((id) => writeInTransactions(id, place)),
    writeKeys(place),
    commitOffsets(place),
    deleteRecords(place),
    changeTopics(place),
  ])
  return results.flatMap((result) =>
    result.status === 'rejected' && !isGone(result.reason) ? [result.reason] : [],
  )
}

function isGone(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'CONNECTION_CLOSED'
}

/** Those that are there already stay. */
async function makeTopics({ port }: LoadPlace): Promise<void> {
  const client = new TestClient(new TcpPeer(port))
  for (const name of topics)
    await client.createTopic(name, partitionCount, { 'segment.bytes': '4000', 'retention.ms': '-1' })
  await client.createTopic(compactedTopic, 1, {
    'cleanup.policy': 'compact',
    'segment.bytes': '2000',
    'min.cleanable.dirty.ratio': '0.1',
    'delete.retention.ms': '0',
  })
  client.connection.close()
}

/** Writes batches of values that nobody else writes. */
class Writer {
  readonly client: TestClient
  /** Who it is, where it writes with sequences; then the next sequence of each partition. */
  identity: { readonly producerId: number; readonly producerEpoch: number } | undefined
  #sequences: number[] = []
  readonly #place: LoadPlace

  constructor(place: LoadPlace) {
    this.#place = place
    this.client = new TestClient(new TcpPeer(place.port))
  }

  become({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.identity = { producerId, producerEpoch }
    this.#sequences = Array.from({ length: partitionCount }, () => 0)
  }

  async write(topic: Topic, transaction?: LedgerTransaction): Promise<void> {
    const { ledger, random } = this.#place
    const partition = random.below(partitionCount)
    const values = Array.from({ length: 1 + random.below(5) }, () => ledger.newValue(random.below(300)))
    const baseSequence = this.#sequences[partition] ?? 0
    const batch = batchOf(values, {
      ...(this.identity === undefined ? {} : { ...this.identity, baseSequence }),
      transactional: transaction !== undefined,
      compression: random.below(4) === 0 ? 'gzip' : 'none',
    })
    const entry = ledger.batch({ topic, partition, values, transaction })
    const options = transaction === undefined ? {} : { transactionalId: transaction.transactionalId }
    const { error, baseOffset } = await this.client.produce(topic, batch, { partition, ...options })
    if (error !== 'NONE') throw new Error(`a write to ${topic} was refused: ${error}`)
    entry.baseOffset = baseOffset
    this.#sequences[partition] = baseSequence + values.length
    if (this.identity === undefined || random.below(3) > 0) return
    // As if the answer had been lost: the broker knows the batch.
    const again = await this.client.produce(topic, batch, { partition, ...options })
    if (again.baseOffset !== baseOffset) throw new Error(`a repeated batch was written twice: ${again.error}`)
  }
}

async function writePlainly(place: LoadPlace): Promise<void> {
  const writer = new Writer(place)
  for (;;) await writer.write('plain')
}

async function writeIdempotently(place: LoadPlace): Promise<void> {
  const writer = new Writer(place)
  const request = { transactionalId: null, transactionTimeoutMs: 1000 }
  writer.become(await writer.client.send(apis.initProducerId, request))
  for (;;) await writer.write('idempotent')
}

async function writeInTransactions(transactionalId: string, place: LoadPlace): Promise<void> {
  const { ledger, random } = place
  const writer = new Writer(place)
  const { client } = writer
  let identity = { errorCode: -1, producerId: -1, producerEpoch: -1 }
  while (identity.errorCode !== 0)
    identity = await client.send(apis.initProducerId, { transactionalId, transactionTimeoutMs: 10_000 })
  for (;;) {
    writer.become(identity)
    const claim = { transactionalId, ...writer.identity }
    const transaction = ledger.transaction(transactionalId)
    for (let left = 1 + random.below(3); left > 0; left--) await writer.write('transactional', transaction)
    const partitions = [{ partitionIndex: 0, committedOffset: transaction.number }]
    const offsets = { ...claim, groupId: transactionalId, topics: [{ name: 'plain', partitions }] }
    const staged = await client.send(apis.txnOffsetCommit, offsets, 5)
    if (staged.topics[0]?.partitions[0]?.errorCode !== 0) throw new Error('an offset was refused')
    transaction.asked = random.below(3) === 0 ? 'abort' : 'commit'
    identity = await client.send(apis.endTxn, { ...claim, committed: transaction.asked === 'commit' })
    if (identity.errorCode !== 0) throw new Error(`an end was refused: ${identity.errorCode}`)
    transaction.acknowledged = true
  }
}

/** A table whose log is compacted all the time. */
async function writeKeys({ port, ledger, random }: LoadPlace): Promise<void> {
  const client = new TestClient(new TcpPeer(port))
  for (;;) {
    const key = `k${random.below(10)}`
    const wish = ledger.keys.get(key) ?? { acknowledged: null, asked: null }
    ledger.keys.set(key, wish)
    wish.asked = random.below(4) === 0 ? null : ledger.newValue(random.below(100))
    const { error } = await client.produce(compactedTopic, keyedBatchOf([[key, wish.asked]]))
    if (error !== 'NONE') throw new Error(`a write to ${compactedTopic} was refused: ${error}`)
    wish.acknowledged = wish.asked
  }
}

/** A group that commits a number which only rises. */
async function commitOffsets({ port, ledger }: LoadPlace): Promise<void> {
  const client = new TestClient(new TcpPeer(port))
  const { offset } = ledger
  for (;;) {
    offset.asked = offset.acknowledged + 1
    const partitions = [{ partitionIndex: 0, committedOffset: offset.asked }]
    await client.send(apis.offsetCommit, { groupId: 'alone', topics: [{ name: 'plain', partitions }] }, 9)
    offset.acknowledged = offset.asked
  }
}

async function deleteRecords({ port, ledger, random }: LoadPlace): Promise<void> {
  const client = new TestClient(new TcpPeer(port))
  const { start } = ledger
  for (;;) {
    start.asked = start.acknowledged + random.below(20)
    const end = await client.endOffset('plain')
    if (start.asked > end) continue
    const partitions = [{ partitionIndex: 0, offset: start.asked }]
    await client.send(apis.deleteRecords, { topics: [{ name: 'plain', partitions }] })
    start.acknowledged = start.asked
  }
}

/** A topic that comes and goes, with a setting that counts on. */
async function changeTopics({ port, ledger, random }: LoadPlace): Promise<void> {
  const client = new TestClient(new TcpPeer(port))
  const { passing } = ledger
  for (;;) {
    passing.asked = random.below(2) === 0 ? undefined : random.below(1_000_000)
    if (passing.acknowledged === undefined && passing.asked !== undefined)
      await client.createTopic('passing', 1, { 'retention.ms': String(passing.asked) })
    if (passing.acknowledged !== undefined && passing.asked === undefined)
      await client.send(apis.deleteTopics, { topics: [{ name: 'passing' }] })
    if (passing.acknowledged !== undefined && passing.asked !== undefined)
      passing.asked = passing.acknowledged
    passing.acknowledged = passing.asked
  }
}
