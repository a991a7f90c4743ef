import { toStreamError } from '../../src/base/errors.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { memberDefaults, noGroup, producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'
import { afterError, mustBe, type Outcome, type Workload, type World } from './workload.ts'

const inputs = 4
const input = { topic: 'in', partition: 0 }
const timeoutMs = 4_000
const withOne = ['AddPartitionsToTxn', 'AddOffsetsToTxn']
const withBoth = [
  'FindCoordinator',
  'InitProducerId',
  'Produce',
  'TxnOffsetCommit',
  'EndTxn',
  'OffsetFetch',
  'DescribeTransactions',
]

/** Reads offsets, writes two records and the next offset in one transaction, again and again, with the advice of each error. */
export function moves(transactionVersion: 1 | 2): Workload {
  return {
    name: `moves (version ${transactionVersion})`,
    transactionVersion,
    apis: transactionVersion === 1 ? [...withBoth, ...withOne] : withBoth,
    prepare: async (cluster) => {
      await cluster.createTopic('in')
      await cluster.createTopic('out', 2)
    },
    run: async (world) => {
      const outcome = await moveAll(world)
      return { outcome, audit: () => audit(world.cluster, outcome) }
    },
  }
}

async function moveAll(world: World): Promise<Outcome> {
  let producer: Producer | undefined
  for (let round = 0; ; round++) {
    try {
      producer ??= await openProducer(world)
      await moveFrom(await position(world.subject), producer)
      await producer.close()
      return 'goes on'
    } catch (thrown) {
      const error = toStreamError(thrown)
      const ended = await afterError(error, world, round)
      if (!(await abortAfter(producer, error.code))) {
        await producer?.close()
        producer = undefined
      }
      if (ended === undefined) continue
      await producer?.close()
      return ended
    }
  }
}

async function moveFrom(start: number, producer: Producer): Promise<void> {
  for (let at = start; at < inputs; at++) {
    for (const partition of [0, 1]) producer.append('out', textRecord(`${at}`, partition))
    await producer.commit([{ ...input, offset: at + 1, metadata: '' }], noGroup)
  }
}

/** @returns whether the producer can go on */
async function abortAfter(producer: Producer | undefined, code: string): Promise<boolean> {
  if (producer === undefined || code === 'PRODUCER_FENCED' || code === 'TRANSACTION_OUTCOME_UNKNOWN')
    return false
  try {
    await producer.abort()
    return true
  } catch {
    return false
  }
}

async function openProducer({ subject, patienceMs }: World): Promise<Producer> {
  const transactional = { id: 'mover', timeoutMs }
  const producer = subject.producer({ ...producerDefaults, deliveryTimeoutMs: patienceMs, transactional })
  try {
    await producer.init()
    await producer.partitionCount('out')
    return producer
  } catch (error) {
    await producer.close()
    throw error
  }
}

async function position(subject: Kafka): Promise<number> {
  const member = subject.groupMember(memberDefaults)
  const offsets = await member.fetchOffsets([input]).finally(() => member.close(false))
  return offsets.get('in-0')?.offset ?? 0
}

/** What is committed is the first so many inputs, each once in each partition; and the transaction that is left open ends. */
async function audit(cluster: TestCluster, outcome: Outcome): Promise<void> {
  await cluster.advance(2 * timeoutMs)
  const moved = await position(cluster.kafka)
  mustBe(outcome !== 'goes on' || moved === inputs, `it said done at ${moved}`)
  const records = await cluster.read('out')
  const expected = Array.from({ length: moved }, (_, at) => `${at}`).join()
  for (const partition of [0, 1]) {
    const values = records
      .filter((record) => record.partition === partition)
      .map(({ value }) => String(value))
    mustBe(values.join() === expected, `offset ${moved} stands with records ${values.join()}`)
  }
  const partitions = [0, 1].map((partition) => ({ topic: 'out', partition }))
  const stable = await cluster.kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  const all = await cluster.kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')
  mustBe(
    stable.get('out-0') === all.get('out-0') && stable.get('out-1') === all.get('out-1'),
    'a transaction stays open',
  )
}
