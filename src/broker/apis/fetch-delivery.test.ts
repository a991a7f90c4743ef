/**
 * Whether every record reaches at once whoever waits for it. Readers of all kinds (committed or not, topics by name or by id, with a session
 * or without one, small answers, partitions that come and go, connections that end) follow writers, some with transactions, in
 * virtual time and by a seed. One law: while nothing moves, a request that waits asks for nothing that there is.
 *
 * `SEED=7 npx vitest run --project unit src/broker/apis/fetch-delivery.test.ts` runs one; `SEEDS=1000` as many from there on.
 */
import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { seededRandom, type Random } from '../../base/random.ts'
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { batchesIn } from '../../protocol/record-batch-reader.ts'
import { batchOf, openTestBroker, TestClient, type TestBroker } from '../fixtures/test-broker.ts'

const firstSeed = Number(process.env['SEED'] ?? 1)
const seeds = Number(process.env['SEEDS'] ?? (process.env['SEED'] === undefined ? 4 : 1))

const topics = ['a', 'b', 'c']
const partitionsEach = 5
const steps = 120
const maxWaitMs = 500
const keys = topics.flatMap((topic) =>
  Array.from({ length: partitionsEach }, (_, partition) => ({ topic, partition })),
)
type Partition = (typeof keys)[number]

/** Where a reader is. */
interface Place {
  readonly offset: number
  readonly epoch: number
}

/** What all readers share. */
interface Scene {
  readonly setup: TestBroker
  /** Of topics, by their names. */
  readonly ids: ReadonlyMap<string, string>
  /** Where each partition begins since records were deleted. */
  readonly starts: Map<Partition, number>
}

interface ReaderKind {
  readonly committed: boolean
  readonly byId: boolean
  readonly keepsSession: boolean
}

class Reader {
  readonly kind: ReaderKind
  readonly #scene: Scene
  readonly #random: Random
  readonly #places = new Map<Partition, Place>(keys.map((key) => [key, { offset: 0, epoch: -1 }]))
  /** What the session has, where there is one. */
  readonly #remembered = new Map<Partition, Place>()
  #session = { id: 0, epoch: 0 }
  #client: TestClient
  #stopped = false
  /** Whether all partitions are wanted always. */
  wantsAll = false
  /** What the request under way asks for. */
  asked: ReadonlyMap<Partition, Place> = new Map()
  askedMs = 0
  partial = 0

  constructor(scene: Scene, kind: ReaderKind, random: Random) {
    this.kind = kind
    this.#scene = scene
    this.#random = random
    this.#client = new TestClient(scene.setup.broker)
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#fetch()
      } catch (error) {
        if (!(error instanceof StreamError)) return void (this.problem = error)
        // The connection has ended: nobody knows what the session has.
        this.#client = new TestClient(this.#scene.setup.broker)
        this.#session.epoch = 0
      }
    }
  }

  /** What was wrong, where something was. */
  problem: unknown

  cut(): void {
    this.#client.connection.close()
  }

  stop(): void {
    this.#stopped = true
    this.cut()
  }

  async #fetch(): Promise<void> {
    const wanted = keys.filter(() => this.wantsAll || this.#random.next() < 0.7)
    this.asked = new Map(wanted.map((key) => [key, this.#places.get(key) ?? { offset: 0, epoch: -1 }]))
    this.askedMs = this.#scene.setup.clock.nowMs()
    if (this.#session.epoch <= 0) this.#remembered.clear()
    const changed = [...this.asked].filter(([key, place]) => this.#remembered.get(key) !== place)
    const forgotten = [...this.#remembered.keys()].filter((key) => !this.asked.has(key))
    for (const key of forgotten) this.#remembered.delete(key)
    for (const [key, place] of changed) this.#remembered.set(key, place)
    const request = {
      maxWaitMs,
      minBytes: 1,
      maxBytes: 1 + this.#random.below(1000),
      isolationLevel: this.kind.committed ? 1 : 0,
      sessionId: this.#session.id,
      sessionEpoch: this.kind.keepsSession ? this.#session.epoch : -1,
      topics: changed.map(([{ topic, partition }, { offset, epoch }]) => ({
        ...this.#named(topic),
        partitions: [
          {
            partition,
            fetchOffset: offset,
            lastFetchedEpoch: epoch,
            partitionMaxBytes: 1 + this.#random.below(1000),
          },
        ],
      })),
      forgottenTopicsData: forgotten.map(({ topic, partition }) => ({
        ...this.#named(topic),
        partitions: [partition],
      })),
    }
    this.#take(await this.#client.send(apis.fetch, request, this.kind.byId ? 13 : 12))
  }

  #named(topic: string): { topic: string } | { topicId: string } {
    return this.kind.byId ? { topicId: this.#scene.ids.get(topic) ?? '' } : { topic }
  }

  #take(answer: Awaited<ReturnType<typeof apis.fetch.response.decode>>): void {
    const error = kafkaErrorName(answer.errorCode)
    expect(['NONE', 'FETCH_SESSION_ID_NOT_FOUND']).toContain(error)
    const lives = error === 'NONE' && answer.sessionId !== 0 && this.#random.next() < 0.97
    this.#session = lives
      ? { id: answer.sessionId, epoch: this.#session.epoch + 1 }
      : { id: answer.sessionId, epoch: 0 }
    if (error === 'NONE' && answer.responses.length < this.asked.size) this.partial++
    for (const { topic, topicId, partitions } of answer.responses)
      for (const { partitionIndex, errorCode, records, logStartOffset } of partitions) {
        const key = keys.find(
          (one) =>
            one.partition === partitionIndex &&
            (this.kind.byId ? this.#scene.ids.get(one.topic) === topicId : one.topic === topic),
        )
        if (key === undefined || !this.asked.has(key)) throw new Error('told of what was not asked for')
        if (errorCode === 0) this.#read(key, records ?? Buffer.alloc(0), logStartOffset)
        else expect(kafkaErrorName(errorCode)).toBe('OFFSET_OUT_OF_RANGE')
        if (errorCode !== 0) this.#places.set(key, { offset: this.#scene.starts.get(key) ?? 0, epoch: -1 })
      }
  }

  /** Nothing is left out between two batches, and nothing comes again. */
  #read(key: Partition, records: Buffer, logStartOffset: number): void {
    for (const { baseOffset, lastOffset, leaderEpoch } of batchesIn(records)) {
      const at = Math.max(this.#places.get(key)?.offset ?? 0, logStartOffset)
      expect(baseOffset).toBeLessThanOrEqual(at)
      expect(lastOffset).toBeGreaterThanOrEqual(at)
      this.#places.set(key, { offset: lastOffset + 1, epoch: leaderEpoch })
    }
  }
}

/** A producer with a transaction over several partitions. */
class Writer {
  readonly #client: TestClient
  readonly #id: string
  #claim = { producerId: -1, producerEpoch: -1 }
  readonly #sequences = new Map<Partition, number>()

  constructor(setup: TestBroker, id: string) {
    this.#client = new TestClient(setup.broker)
    this.#id = id
  }

  async init(): Promise<void> {
    const request = { transactionalId: this.#id, transactionTimeoutMs: 900_000 }
    this.#claim = await this.#client.send(apis.initProducerId, request)
  }

  async write(key: Partition): Promise<void> {
    const baseSequence = this.#sequences.get(key) ?? 0
    const { producerId, producerEpoch } = this.#claim
    const batch = batchOf(['x'], { producerId, producerEpoch, baseSequence, transactional: true })
    const options = { partition: key.partition, transactionalId: this.#id }
    expect((await this.#client.produce(key.topic, batch, options)).error).toBe('NONE')
    this.#sequences.set(key, baseSequence + 1)
  }

  async end(committed: boolean): Promise<void> {
    const { producerId, producerEpoch } = this.#claim
    const request = { transactionalId: this.#id, producerId, producerEpoch, committed }
    const answer = await this.#client.send(apis.endTxn, request)
    if (answer.errorCode !== 0) return
    this.#claim = answer
    this.#sequences.clear()
  }
}

async function open(seed: number) {
  const setup = openTestBroker({ fetchSessionsMax: 4, fetchSessionEvictionMs: 1500, segmentBytes: 1000 })
  const ids = new Map<string, string>()
  for (const topic of topics) ids.set(topic, await setup.client.createTopic(topic, partitionsEach))
  const kinds = [true, false].flatMap((committed) =>
    [true, false].flatMap((byId) =>
      [true, true, false].map((keepsSession) => ({ committed, byId, keepsSession })),
    ),
  )
  const scene = { setup, ids, starts: new Map<Partition, number>() }
  const readers = kinds.map((kind, i) => new Reader(scene, kind, seededRandom(seed * 100 + i)))
  const writers = ['v', 'w'].map((id) => new Writer(setup, id))
  for (const writer of writers) await writer.init()
  return { ...scene, readers, writers }
}

test.each(Array.from({ length: seeds }, (_, i) => firstSeed + i))(
  'nothing that is there waits for the next request (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const { setup, starts, readers, writers } = await open(seed)
    const { client, clock, broker } = setup
    const running = readers.map((reader) => reader.run())
    const one = <T>(list: readonly T[]): T => list[random.below(list.length)] as T

    const actions = [
      async () => {
        const { topic, partition } = one(keys)
        const values = Array.from({ length: 1 + random.below(5) }, () => 'x'.repeat(random.below(100)))
        await client.produce(topic, batchOf(values), { partition })
      },
      () => one(writers).write(one(keys)),
      () => one(writers).end(random.next() < 0.5),
      () => clock.advance(random.below(400)),
      async () => one(readers).cut(),
      async () => {
        const { topic, partition } = one(keys)
        broker.cluster.moveLeader(topic, partition, 1)
      },
      async () => {
        const key = one(keys)
        const partitions = [{ partitionIndex: key.partition, offset: -1 }]
        const answer = await client.send(apis.deleteRecords, { topics: [{ name: key.topic, partitions }] })
        starts.set(key, answer.topics[0]?.partitions[0]?.lowWatermark ?? 0)
      },
    ]

    /** @returns what waits for nothing */
    const leftBehind = async () => {
      await ManualClock.settle()
      const found: string[] = []
      for (const { kind, asked, askedMs, problem } of readers) {
        if (problem !== undefined) throw problem
        if (clock.nowMs() - askedMs > maxWaitMs) found.push(`a request waits longer than ${maxWaitMs} ms`)
        for (const [{ topic, partition }, { offset }] of asked) {
          const end = await client.endOffset(topic, kind.committed, partition)
          if (offset < end)
            found.push(`${JSON.stringify(kind)} is at ${offset} of ${end}, ${topic}-${partition}`)
        }
      }
      return found
    }

    for (let step = 0; step < steps; step++) {
      const acting = one(actions)()
      // Markers of transactions land on their own time.
      await clock.advance(1)
      await acting
      expect(await leftBehind()).toEqual([])
    }
    await Promise.all([...writers.map((writer) => writer.end(true)), clock.advance(1)])
    for (const reader of readers) reader.wantsAll = true
    await clock.advance(maxWaitMs + 1)
    expect(await leftBehind()).toEqual([])
    for (const reader of readers) expect(reader.asked.size).toBe(keys.length)
    expect(
      Math.min(...readers.filter(({ kind }) => kind.keepsSession).map(({ partial }) => partial)),
    ).toBeGreaterThan(0)
    for (const reader of readers) reader.stop()
    await Promise.all(running)
  },
)
