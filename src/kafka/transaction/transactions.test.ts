import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../broker/fault-control.ts'
import { TestCluster } from '../../testing/cluster.ts'
import type { Producer } from '../contracts.ts'
import { memberDefaults, noGroup, producerDefaults, textRecord } from '../fixtures/clients.ts'

async function openTransactional(cluster: TestCluster, id = 'tx'): Promise<Producer> {
  const producer = cluster.kafka.producer({
    ...producerDefaults,
    batchBytes: 300,
    deliveryTimeoutMs: 20_000,
    transactional: { id, timeoutMs: 10_000 },
  })
  await cluster.run(producer.init())
  await cluster.run(producer.partitionCount('t'))
  return producer
}

async function openCluster(transactionVersion: 1 | 2, seed = 1, markersMs = 0): Promise<TestCluster> {
  const transactionMarkerDelayMs = { min: markersMs, max: markersMs }
  const cluster = new TestCluster({ seed, broker: { transactionVersion, transactionMarkerDelayMs } })
  await cluster.createTopic('t', 2)
  return cluster
}

async function committed(cluster: TestCluster): Promise<string[]> {
  return (await cluster.read('t')).map(({ value }) => String(value)).toSorted()
}

/** The offset that a transaction put into the group, as another client sees it. */
async function offsetIn(cluster: TestCluster): Promise<number | undefined> {
  const member = cluster.kafka.groupMember(memberDefaults)
  const offsets = await cluster.run(member.fetchOffsets([{ topic: 't', partition: 0 }]))
  await cluster.run(member.close(false))
  return offsets.get('t-0')?.offset
}

describe.each([1, 2] as const)('in version %i of transactions', (version) => {
  test('records and offsets of a commit appear, those of an abort never do', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    producer.append('t', textRecord('aborted'))
    expect(producer.inTransaction).toBe(true)
    await cluster.run(producer.flush())
    await cluster.run(producer.abort())
    expect(producer.inTransaction).toBe(false)
    for (const round of [1, 2, 3]) {
      producer.append('t', textRecord(`committed ${round}`, round % 2))
      const offsets = [{ topic: 't', partition: 0, offset: round, metadata: '' }]
      await cluster.run(producer.commit(offsets, noGroup))
    }
    expect(await committed(cluster)).toEqual(['committed 1', 'committed 2', 'committed 3'])
    expect(await offsetIn(cluster)).toBe(3)
  })

  test.each([
    ['beside records to partitions that are in the transaction', true],
    ['after records to a partition that has yet to join it', false],
  ])('offsets go %s', async (_, joined) => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    producer.append('t', textRecord('first'))
    await cluster.run(producer.flush())
    const requests: string[] = []
    cluster.broker.faults.add({
      fault: { kind: 'delay', minMs: 500, maxMs: 500, when: 'before' },
      api: 'Produce',
      times: 1,
    })
    cluster.broker.faults.add({
      fault: { kind: 'duplicate' },
      where: ({ api }) => {
        requests.push(api)
        return false
      },
    })
    producer.append('t', textRecord('second', joined ? 0 : 1))
    const startMs = cluster.clock.monotonicMs()
    const committing = producer.commit([{ topic: 't', partition: 0, offset: 2, metadata: '' }], noGroup)
    await cluster.advance(250)
    expect(requests.includes('TxnOffsetCommit')).toBe(joined)
    expect(requests.includes('EndTxn')).toBe(false)
    await cluster.run(committing)
    expect(cluster.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(500)
    expect(await committed(cluster)).toEqual(['first', 'second'])
  })

  test.each([
    [40, 40],
    [400, 100],
  ])('the next transaction waits for markers that take %i ms, for %i ms', async (markersMs, waitsMs) => {
    await using cluster = await openCluster(version, 1, markersMs)
    const producer = await openTransactional(cluster)
    const sentMs: Record<string, number[]> = {}
    cluster.broker.faults.add({
      fault: { kind: 'duplicate' },
      where: ({ api }) => {
        ;(sentMs[api] ??= []).push(cluster.clock.monotonicMs())
        return false
      },
    })
    producer.append('t', textRecord('first'))
    await cluster.run(producer.commit([], noGroup))
    const endedMs = cluster.clock.monotonicMs()
    producer.append('t', textRecord('second'))
    await cluster.run(producer.commit([], noGroup))
    const [, next = 0] = sentMs[version === 1 ? 'AddPartitionsToTxn' : 'Produce'] ?? []
    expect(next - endedMs).toBeGreaterThanOrEqual(waitsMs - 10)
    expect(next - endedMs).toBeLessThan(waitsMs + 30)
    expect(sentMs['DescribeTransactions']?.length).toBeLessThan(30)
    const read = await cluster.untilRead('t', (records) => records.length === 2)
    expect(read.map(({ value }) => String(value))).toEqual(['first', 'second'])
  })

  test('offsets are committed without a record too, and nothing at all makes no transaction', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    await cluster.run(producer.commit([], noGroup))
    await cluster.run(producer.abort())
    const offsets = [{ topic: 't', partition: 0, offset: 7, metadata: '' }]
    await cluster.run(producer.commit(offsets, noGroup))
    expect(await offsetIn(cluster)).toBe(7)
  })

  test('what is appended while a transaction ends belongs to the next one', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    producer.append('t', textRecord('first'))
    const commit = producer.commit([], noGroup)
    producer.append('t', textRecord('second'))
    await cluster.run(commit)
    expect(producer.inTransaction).toBe(true)
    expect(await committed(cluster)).toEqual(['first'])
    await cluster.run(producer.abort())
    expect(await committed(cluster)).toEqual(['first'])
  })

  test('a producer whose id was taken over is fenced, for good', async () => {
    await using cluster = await openCluster(version)
    const former = await openTransactional(cluster)
    former.append('t', textRecord('from before'))
    await cluster.run(former.flush())
    const next = await openTransactional(cluster)
    next.append('t', textRecord('from the next'))
    await cluster.run(next.commit([], noGroup))
    former.append('t', textRecord('zombie'))
    const fenced = expect.objectContaining({ code: 'PRODUCER_FENCED' })
    await expect(cluster.run(former.commit([], noGroup))).rejects.toEqual(fenced)
    await expect(cluster.run(former.abort())).rejects.toEqual(fenced)
    expect(await committed(cluster)).toEqual(['from the next'])
  })

  test('an end whose answer was lost is asked for again, and is one end', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    cluster.broker.faults.add({ api: 'EndTxn', fault: { kind: 'cut', when: 'after' }, times: 2 })
    for (const value of ['a', 'b']) {
      producer.append('t', textRecord(value))
      await cluster.run(producer.commit([], noGroup))
    }
    expect(await committed(cluster)).toEqual(['a', 'b'])
  })

  test('an end that is never answered has an outcome that nobody knows', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    cluster.broker.faults.add({ api: 'EndTxn', fault: { kind: 'cut', when: 'after' } })
    producer.append('t', textRecord('a'))
    const unknown = expect.objectContaining({
      code: 'TRANSACTION_OUTCOME_UNKNOWN',
      message: 'the transaction of "tx" may have ended or not',
    })
    await expect(cluster.run(producer.commit([], noGroup))).rejects.toEqual(unknown)
    await expect(cluster.run(producer.abort())).rejects.toEqual(unknown)
    cluster.broker.faults.clear()
    const next = await openTransactional(cluster)
    next.append('t', textRecord('b'))
    await cluster.run(next.commit([], noGroup))
    expect(await committed(cluster)).toEqual(['a', 'b'])
  })

  test.each([
    ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE'],
    ['INVALID_TIMESTAMP', 'RECORD_REFUSED'],
    ['INVALID_RECORD', 'RECORD_REFUSED'],
  ] as const)(
    'a record that the broker refuses (%s) is named by its own code; after an abort work goes on',
    async (answer, code) => {
      await using cluster = await openCluster(version)
      const producer = await openTransactional(cluster)
      const error = { kind: 'error', error: answer, when: 'instead' } as const
      cluster.broker.faults.add({ api: 'Produce', fault: error, times: 1 })
      producer.append('t', textRecord('refused'))
      const refused = expect.objectContaining({
        code,
        message: `could not write to partition t-0 (${answer})`,
        hint: expect.any(String),
      })
      await expect(cluster.run(producer.commit([], noGroup))).rejects.toEqual(refused)
      expect(() => producer.append('t', textRecord('x'))).toThrow(refused)
      await cluster.run(producer.abort())
      producer.append('t', textRecord('fits'))
      await cluster.run(producer.commit([], noGroup))
      expect(await committed(cluster)).toEqual(['fits'])
    },
  )

  test('what nobody takes in time makes the transaction one to abort, and nothing of it is left', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    const error = { kind: 'error', error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', when: 'after' } as const
    cluster.broker.faults.add({ api: 'Produce', fault: error })
    producer.append('t', textRecord('late'))
    await expect(cluster.run(producer.commit([], noGroup))).rejects.toEqual(
      expect.objectContaining({ code: 'TRANSACTION_ABORTABLE' }),
    )
    cluster.broker.faults.clear()
    await cluster.run(producer.abort()).catch((thrown: unknown) => {
      // The transaction's own time ran out before the delivery's: the coordinator fenced the producer.
      expect(thrown).toEqual(expect.objectContaining({ code: 'PRODUCER_FENCED' }))
    })
    const next = await openTransactional(cluster)
    next.append('t', textRecord('again'))
    await cluster.run(next.commit([], noGroup))
    expect(await committed(cluster)).toEqual(['again'])
  })

  test('a member that the group does not know cannot commit offsets, and the transaction is aborted', async () => {
    await using cluster = await openCluster(version)
    const producer = await openTransactional(cluster)
    producer.append('t', textRecord('zombie'))
    const offsets = [{ topic: 't', partition: 0, offset: 7, metadata: '' }]
    const former = { ...noGroup, memberId: 'former', generation: 3 }
    await expect(cluster.run(producer.commit(offsets, former))).rejects.toEqual(
      expect.objectContaining({ code: 'MEMBER_FENCED' }),
    )
    await cluster.run(producer.abort())
    expect(await committed(cluster)).toEqual([])
    expect(await offsetIn(cluster)).toBeUndefined()
  })

  const apis = [
    'Produce',
    'InitProducerId',
    'AddPartitionsToTxn',
    'AddOffsetsToTxn',
    'TxnOffsetCommit',
    'EndTxn',
  ]
  const faults: readonly FaultRule[] = [
    { api: apis, fault: { kind: 'cut', when: 'after' }, probability: 0.04 },
    { api: apis, fault: { kind: 'cut', when: 'before' }, probability: 0.04 },
    { api: apis, fault: { kind: 'delay', minMs: 1, maxMs: 100, when: 'before' }, probability: 0.1 },
    {
      api: apis,
      fault: { kind: 'error', error: 'UNKNOWN_SERVER_ERROR', when: 'instead' },
      probability: 0.02,
    },
    { api: apis, fault: { kind: 'drop' }, probability: 0.005 },
  ]

  test.each(Array.from({ length: 3 }, (_, seed) => seed))(
    'each transaction is there once or not at all whatever is lost on the way (seed %i)',
    async (seed) => {
      await using cluster = await openCluster(version, seed)
      let producer = await openTransactional(cluster)
      for (const fault of faults) cluster.broker.faults.add(fault)
      const wanted: string[] = []
      for (let round = 1; round <= 15; round++) {
        const values = Array.from({ length: 5 }, (_, i) => `${round}.${i}`)
        wanted.push(...values)
        // The committed offset tells whether a transaction of unknown outcome took place.
        while (((await offsetIn(cluster)) ?? 0) < round)
          producer = await attempt(cluster, producer, values, round)
      }
      cluster.broker.faults.clear()
      expect(await committed(cluster)).toEqual(wanted.toSorted())
    },
  )
})

/** One transaction. @returns with what to go on */
async function attempt(
  cluster: TestCluster,
  producer: Producer,
  values: readonly string[],
  round: number,
): Promise<Producer> {
  try {
    for (const [i, value] of values.entries()) producer.append('t', textRecord(value, i % 2))
    await cluster.run(producer.commit([{ topic: 't', partition: 0, offset: round, metadata: '' }], noGroup))
    return producer
  } catch {
    await cluster.run(producer.abort()).catch(() => cluster.run(producer.close()))
    return reopened(cluster, producer)
  }
}

/** The same producer where an abort made it whole; else a new one, however often it takes. */
async function reopened(cluster: TestCluster, producer: Producer): Promise<Producer> {
  if (!producer.inTransaction) return producer
  for (;;) {
    try {
      return await openTransactional(cluster)
    } catch {
      await cluster.advance(10)
    }
  }
}
