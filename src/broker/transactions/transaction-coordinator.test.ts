import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { batchesIn, endMarkerOf } from '../../protocol/record-batch-reader.ts'
import type { BrokerConfig } from '../broker-config.ts'
import { batchOf, errorOf, openTestBroker, type TestBroker } from '../fixtures/test-broker.ts'

/** A producer of the second transaction version, or of the first. */
class Producer {
  readonly #setup: TestBroker
  readonly #version: 1 | 2
  readonly id: string
  producerId = -1
  producerEpoch = -1
  #sequence = 0

  constructor(setup: TestBroker, version: 1 | 2 = 2, id = 'tx') {
    this.#setup = setup
    this.#version = version
    this.id = id
  }

  get claim() {
    const { producerId, producerEpoch } = this
    return { transactionalId: this.id, producerId, producerEpoch }
  }

  async init(change: object = {}) {
    const request = { transactionalId: this.id, transactionTimeoutMs: 10_000, ...change }
    const answer = await this.#setup.client.send(apis.initProducerId, request)
    if (answer.errorCode === 0) this.#become(answer)
    return errorOf(answer)
  }

  async write(text: string, partition = 0) {
    if (this.#version === 1) await this.addPartition(partition)
    const { producerId, producerEpoch } = this
    const batch = batchOf([text], {
      producerId,
      producerEpoch,
      baseSequence: this.#sequence,
      transactional: true,
    })
    const version = this.#version === 1 ? 11 : 12
    const { error } = await this.#setup.client.produce('a', batch, {
      partition,
      transactionalId: this.id,
      version,
    })
    if (error === 'NONE') this.#sequence++
    return error
  }

  async addPartition(partition: number) {
    const { client } = this.#setup
    const { resultsByTopicV3AndBelow } = await client.send(
      apis.addPartitionsToTxn,
      {
        v3AndBelowTransactionalId: this.id,
        v3AndBelowProducerId: this.producerId,
        v3AndBelowProducerEpoch: this.producerEpoch,
        v3AndBelowTopics: [{ name: 'a', partitions: [partition] }],
      },
      3,
    )
    return kafkaErrorName(resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1)
  }

  async commitOffset(offset: number, change: object = {}) {
    const { client } = this.#setup
    if (this.#version === 1) await client.send(apis.addOffsetsToTxn, { ...this.claim, groupId: 'g' })
    const partitions = [{ partitionIndex: 0, committedOffset: offset }]
    const request = { ...this.claim, groupId: 'g', topics: [{ name: 'a', partitions }], ...change }
    const { topics } = await client.send(apis.txnOffsetCommit, request, this.#version === 1 ? 4 : 5)
    return errorOf(topics[0]?.partitions[0])
  }

  async end(outcome: 'commit' | 'abort') {
    const request = { ...this.claim, committed: outcome === 'commit' }
    const answer = await this.#setup.client.send(apis.endTxn, request, this.#version === 1 ? 4 : 5)
    if (answer.errorCode === 0 && this.#version === 2) this.#become(answer)
    return errorOf(answer)
  }

  #become({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    if (producerEpoch !== this.producerEpoch) this.#sequence = 0
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }
}

async function open(config: Partial<BrokerConfig> = {}): Promise<TestBroker> {
  const setup = openTestBroker({ transactionMarkerDelayMs: { min: 50, max: 50 }, ...config })
  await setup.client.createTopic('a', 2)
  return setup
}

async function fetchOffset({ client }: TestBroker) {
  const groups = [{ groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }]
  const answer = await client.send(apis.offsetFetch, { groups, requireStable: true }, 9)
  const partition = answer.groups[0]?.topics[0]?.partitions[0]
  return errorOf(partition) === 'NONE' ? partition?.committedOffset : errorOf(partition)
}

describe.each([1, 2] as const)('a transaction of version %i', (version) => {
  test('is seen by committed readers only when its markers have landed', async () => {
    const setup = await open()
    const { client, clock } = setup
    const producer = new Producer(setup, version)
    await producer.init()
    expect(await producer.write('x')).toBe('NONE')
    expect([await client.endOffset('a'), await client.endOffset('a', true)]).toEqual([1, 0])
    expect(await producer.end('commit')).toBe('NONE')
    expect([await client.endOffset('a'), await client.endOffset('a', true)]).toEqual([1, 0])
    expect((await client.fetch('a', 0, { committed: true })).records.length).toBe(0)
    await clock.advance(51)
    expect([await client.endOffset('a'), await client.endOffset('a', true)]).toEqual([2, 2])
    const { records, abortedTransactions } = await client.fetch('a', 0, { committed: true })
    const [, marker] = [...batchesIn(records)]
    if (marker === undefined) throw new Error('no marker')
    expect(endMarkerOf(records, marker)).toEqual({ kind: 'commit', coordinatorEpoch: 0 })
    expect(abortedTransactions).toEqual([])
  })

  test('that is aborted is listed for committed readers, wherever they begin in it', async () => {
    const setup = await open()
    const { client, clock } = setup
    const producer = new Producer(setup, version)
    await producer.init()
    await client.produce('a', batchOf(['before']))
    await producer.write('x')
    await client.produce('a', batchOf(['between']))
    await producer.write('y')
    await producer.end('abort')
    await clock.advance(51)
    const aborted = [{ producerId: producer.producerId, firstOffset: 1 }]
    expect((await client.fetch('a', 0, { committed: true })).abortedTransactions).toEqual(aborted)
    expect((await client.fetch('a', 3, { committed: true })).abortedTransactions).toEqual(aborted)
    expect((await client.fetch('a', 0)).abortedTransactions).toBeNull()
    expect((await client.fetch('a', 5, { committed: true })).abortedTransactions).toEqual([])
  })

  test('holds committed readers back at the oldest that is open', async () => {
    const setup = await open()
    const { client, clock } = setup
    const [first, second] = [new Producer(setup, version, 'one'), new Producer(setup, version, 'two')]
    await first.init()
    await second.init()
    await first.write('x')
    await second.write('y')
    await second.end('commit')
    await clock.advance(51)
    expect(await client.endOffset('a', true)).toBe(0)
    await first.end('commit')
    await clock.advance(51)
    expect(await client.endOffset('a', true)).toBe(4)
  })

  test('keeps its offsets unstable until their marker lands', async () => {
    const setup = await open()
    const producer = new Producer(setup, version)
    await producer.init()
    expect(await producer.commitOffset(5)).toBe('NONE')
    expect(await fetchOffset(setup)).toBe('UNSTABLE_OFFSET_COMMIT')
    await producer.end('commit')
    expect(await fetchOffset(setup)).toBe('UNSTABLE_OFFSET_COMMIT')
    await setup.clock.advance(51)
    expect(await fetchOffset(setup)).toBe(5)
    await producer.commitOffset(9)
    await producer.end('abort')
    await setup.clock.advance(51)
    expect(await fetchOffset(setup)).toBe(5)
  })

  test('is aborted and its producer fenced when it takes too long', async () => {
    const setup = await open()
    const { client, clock } = setup
    const producer = new Producer(setup, version)
    await producer.init()
    await producer.write('x')
    await clock.advance(10_060)
    expect(await client.endOffset('a', true)).toBe(2)
    expect((await client.fetch('a', 0, { committed: true })).abortedTransactions?.length).toBe(1)
    expect(await producer.write('y')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await producer.end('commit')).toBe('PRODUCER_FENCED')
  })

  test('is aborted when another producer takes the transactional id', async () => {
    const setup = await open()
    const { client, clock } = setup
    const [old, young] = [new Producer(setup, version), new Producer(setup, version)]
    await old.init()
    await old.write('x')
    expect([await young.init(), await young.init()]).toEqual([
      'CONCURRENT_TRANSACTIONS',
      'CONCURRENT_TRANSACTIONS',
    ])
    await clock.advance(51)
    expect(await young.init()).toBe('NONE')
    expect(await client.endOffset('a', true)).toBe(2)
    expect(young.producerId).toBe(old.producerId)
    expect([await old.write('y'), await old.commitOffset(1), await old.end('commit')]).toEqual([
      'INVALID_PRODUCER_EPOCH',
      'INVALID_PRODUCER_EPOCH',
      'PRODUCER_FENCED',
    ])
    expect([await young.write('z'), await young.end('commit')]).toEqual(['NONE', 'NONE'])
  })

  test('that is over may be followed by another', async () => {
    const setup = await open()
    const producer = new Producer(setup, version)
    await producer.init()
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      expect(await producer.write('x')).toBe('NONE')
      expect(await producer.end(outcome)).toBe('NONE')
      await setup.clock.advance(51)
    }
    expect(await setup.client.endOffset('a', true)).toBe(6)
  })
})

describe('the first version', () => {
  test('tells a producer to wait while markers are on their way', async () => {
    const setup = await open()
    const producer = new Producer(setup, 1)
    await producer.init()
    await producer.write('x')
    await producer.end('commit')
    expect(await producer.addPartition(0)).toBe('CONCURRENT_TRANSACTIONS')
    expect(await producer.end('commit')).toBe('CONCURRENT_TRANSACTIONS')
    expect(await producer.end('abort')).toBe('INVALID_TXN_STATE')
    await setup.clock.advance(51)
    expect([await producer.end('commit'), await producer.end('abort')]).toEqual(['NONE', 'INVALID_TXN_STATE'])
  })

  test('refuses a batch for a partition that was not added', async () => {
    const setup = await open()
    const producer = new Producer(setup, 1)
    await producer.init()
    await producer.write('x', 0)
    const { producerId, producerEpoch } = producer
    const batch = batchOf(['y'], { producerId, producerEpoch, baseSequence: 0, transactional: true })
    const send = (version: number) =>
      setup.client.produce('a', batch, { partition: 1, transactionalId: 'tx', version })
    expect([(await send(10)).error, (await send(11)).error]).toEqual([
      'INVALID_TXN_STATE',
      'TRANSACTION_ABORTABLE',
    ])
  })

  test('adds no partition when one of them does not exist', async () => {
    const setup = await open()
    const producer = new Producer(setup, 1)
    await producer.init()
    const topics = [{ name: 'a', partitions: [0, 9] }]
    const transactions = [{ ...producer.claim, verifyOnly: false, topics }]
    const { resultsByTransaction } = await setup.client.send(apis.addPartitionsToTxn, { transactions })
    const results = resultsByTransaction[0]?.topicResults[0]?.resultsByPartition ?? []
    expect(results.map(({ partitionErrorCode }) => kafkaErrorName(partitionErrorCode))).toEqual([
      'OPERATION_NOT_ATTEMPTED',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
  })
})

describe('the second version', () => {
  test('moves the epoch on with each end, so that stragglers are fenced', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    await producer.init()
    await producer.write('x')
    const before = producer.claim
    await producer.end('commit')
    expect(producer.producerEpoch).toBe(before.producerEpoch + 1)
    await setup.clock.advance(51)
    const { producerId, producerEpoch } = before
    const straggler = batchOf(['y'], { producerId, producerEpoch, baseSequence: 1, transactional: true })
    const { error } = await setup.client.produce('a', straggler, { transactionalId: 'tx' })
    expect(error).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('answers an end again whose answer was lost', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    await producer.init()
    await producer.write('x')
    const request = { ...producer.claim, committed: true }
    await producer.end('commit')
    expect(errorOf(await setup.client.send(apis.endTxn, request))).toBe('CONCURRENT_TRANSACTIONS')
    await setup.clock.advance(51)
    expect(await setup.client.send(apis.endTxn, request)).toMatchObject({
      errorCode: 0,
      producerEpoch: producer.producerEpoch,
    })
    expect(errorOf(await setup.client.send(apis.endTxn, { ...request, committed: false }))).toBe(
      'INVALID_TXN_STATE',
    )
  })

  test('lets an abort of nothing pass, which moves the epoch on, but no commit of nothing', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    await producer.init()
    expect(await producer.end('commit')).toBe('INVALID_TXN_STATE')
    const { producerEpoch } = producer
    expect([await producer.end('abort'), producer.producerEpoch]).toEqual(['NONE', producerEpoch + 1])
  })

  test('waits a little for the markers of the transaction before instead of refusing a write', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    await producer.init()
    await producer.write('x')
    await producer.end('commit')
    const writing = producer.write('y')
    await setup.clock.advance(51)
    expect(await writing).toBe('NONE')
  })

  test('goes over to another producer id when its epochs are used up', async () => {
    const setup = await open({ transactionMarkerDelayMs: { min: 0, max: 0 } })
    const producer = new Producer(setup)
    await producer.init()
    const { producerId } = producer
    for (let i = 0; i < 32_766; i++) await producer.end('abort')
    expect([producer.producerId, producer.producerEpoch]).toEqual([producerId, 32_766])
    await producer.write('x')
    await producer.end('commit')
    expect(producer.producerId).not.toBe(producerId)
    expect(producer.producerEpoch).toBe(0)
    await setup.clock.advance(1)
    expect(await producer.write('y')).toBe('NONE')
  })
})

describe('taking a producer id', () => {
  test('gives the next epoch to who names itself, the same again to who repeats it, and fences others', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    await producer.init()
    const { producerId, producerEpoch } = producer
    expect(await producer.init({ producerId, producerEpoch })).toBe('NONE')
    expect(producer.producerEpoch).toBe(producerEpoch + 1)
    expect(await producer.init({ producerId, producerEpoch })).toBe('NONE')
    expect(producer.producerEpoch).toBe(producerEpoch + 1)
    expect(await producer.init({ producerId, producerEpoch: 9 })).toBe('PRODUCER_FENCED')
  })

  test('is a new one each time without a transactional id', async () => {
    const { client } = await open()
    const ids = [await client.send(apis.initProducerId, { transactionalId: null, transactionTimeoutMs: 1 })]
    ids.push(await client.send(apis.initProducerId, { transactionalId: null, transactionTimeoutMs: 1 }))
    expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(2)
  })

  test('is refused with a timeout that is too long, or an empty id', async () => {
    const setup = await open()
    const producer = new Producer(setup)
    expect(await producer.init({ transactionTimeoutMs: 900_001 })).toBe('INVALID_TRANSACTION_TIMEOUT')
    expect(await producer.init({ transactionalId: '' })).toBe('INVALID_REQUEST')
  })

  test('is what others must show as well', async () => {
    const setup = await open()
    const stranger = new Producer(setup)
    expect(await stranger.end('commit')).toBe('INVALID_PRODUCER_ID_MAPPING')
    const producer = new Producer(setup)
    await producer.init()
    stranger.producerId = producer.producerId + 1
    expect(await stranger.end('commit')).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

test('offsets of a zombie of the group are refused, those of no member are not', async () => {
  const setup = await open()
  const producer = new Producer(setup)
  await producer.init()
  expect(await producer.commitOffset(1, { generationId: 3, memberId: 'm' })).toBe('ILLEGAL_GENERATION')
  await setup.client.send(
    apis.joinGroup,
    {
      groupId: 'g',
      sessionTimeoutMs: 6000,
      protocolType: 'consumer',
      protocols: [{ name: 'p', metadata: Buffer.alloc(0) }],
    },
    3,
  )
  expect(await producer.commitOffset(1, { generationId: 1, memberId: 'm' })).toBe('UNKNOWN_MEMBER_ID')
  expect(await producer.commitOffset(1)).toBe('NONE')
})

test('a plain commit after a pending one stays the newer', async () => {
  const setup = await open()
  const producer = new Producer(setup)
  await producer.init()
  await producer.commitOffset(5)
  const partitions = [{ partitionIndex: 0, committedOffset: 7 }]
  await setup.client.send(apis.offsetCommit, { groupId: 'g', topics: [{ name: 'a', partitions }] }, 9)
  await producer.end('commit')
  await setup.clock.advance(51)
  expect(await fetchOffset(setup)).toBe(7)
})

test('administrators see what is open', async () => {
  const setup = await open()
  const { client } = setup
  const producer = new Producer(setup)
  await producer.init()
  await producer.write('x', 1)
  const { producerId } = producer
  const listed = await client.send(apis.listTransactions, { stateFilters: ['Ongoing'] }, 1)
  expect(listed.transactionStates).toEqual([
    { transactionalId: 'tx', producerId, transactionState: 'Ongoing' },
  ])
  const byPattern = async (transactionalIdPattern: string) => {
    const answer = await client.send(apis.listTransactions, { transactionalIdPattern })
    return [errorOf(answer), answer.transactionStates.length]
  }
  expect(await byPattern('t.*')).toEqual(['NONE', 1])
  expect(await byPattern('t')).toEqual(['NONE', 0])
  expect(await byPattern('t(')).toEqual(['INVALID_REGULAR_EXPRESSION', 0])
  const { transactionStates } = await client.send(apis.describeTransactions, {
    transactionalIds: ['tx', 'other'],
  })
  expect(transactionStates[0]).toMatchObject({ producerId, topics: [{ topic: 'a', partitions: [1] }] })
  expect(errorOf(transactionStates[1])).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  const { topics } = await client.send(apis.describeProducers, {
    topics: [{ name: 'a', partitionIndexes: [1] }],
  })
  expect(topics[0]?.partitions[0]?.activeProducers).toMatchObject([{ producerId, currentTxnStartOffset: 0 }])
})

test('an id at rest makes room for another when there are too many', async () => {
  const setup = await open({ transactionalIdsMax: 2 })
  const [one, two, three] = ['one', 'two', 'three'].map((id) => new Producer(setup, 2, id))
  if (one === undefined || two === undefined || three === undefined) throw new Error('no producer')
  await one.init()
  await two.init()
  await one.write('x')
  expect(await three.init()).toBe('NONE')
  expect([await one.end('commit'), await two.end('abort')]).toEqual(['NONE', 'INVALID_PRODUCER_ID_MAPPING'])
  await three.write('x')
  expect(await two.init()).toBe('COORDINATOR_NOT_AVAILABLE')
})

test('a transactional batch without a transactional id is refused, also while the transaction is open', async () => {
  const setup = await open()
  const producer = new Producer(setup)
  await producer.init()
  await producer.write('x')
  const { producerId, producerEpoch } = producer
  const batch = batchOf(['y'], { producerId, producerEpoch, baseSequence: 1, transactional: true })
  expect((await setup.client.produce('a', batch)).error).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  expect(await setup.client.endOffset('a')).toBe(1)
})

test('a batch outside of transactions is refused while its producer has one open in the partition', async () => {
  const setup = await open()
  const producer = new Producer(setup)
  await producer.init()
  await producer.write('x')
  const { producerId, producerEpoch } = producer
  const batch = batchOf(['y'], { producerId, producerEpoch, baseSequence: 1 })
  expect((await setup.client.produce('a', batch)).error).toBe('INVALID_TXN_STATE')
  expect(await setup.client.endOffset('a')).toBe(1)
})

test('of ids at rest the one makes room whose transaction ended first', async () => {
  const setup = await open({ transactionalIdsMax: 2 })
  const used = new Producer(setup, 2, 'used')
  const idle = new Producer(setup, 2, 'idle')
  await used.init()
  await idle.init()
  await used.write('x')
  await used.end('commit')
  await setup.clock.advance(1000)
  expect(await new Producer(setup, 2, 'third').init()).toBe('NONE')
  expect(await used.write('y')).toBe('NONE')
})
