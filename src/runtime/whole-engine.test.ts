import { describe, expect, test } from 'vitest'
import type { Fault } from '../broker/fault-control.ts'
import { TestCluster } from '../testing/cluster.ts'
import type { ReadRecord, TestApplicationSettings, TestRecord } from '../testing/cluster.ts'
import type { Application } from './application.ts'
import { countByKey, mapped, passThrough, routed, stamped, streamTableJoin } from './fixtures.ts'

/** Who a process is that comes back. */
const identity = { kind: 'fixed', processId: 'p' } as const
const words = ['a', 'b', 'c', 'd', 'e']

/** Words in turn, each as often as the other. */
function wordRecords(count: number): TestRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: null,
    value: words[index % words.length] ?? '',
    partition: index % 2,
    timestampMs: 1_700_000_000_000 + index,
  }))
}

/** A cluster with the topics of {@link countByKey}. */
async function countCluster(): Promise<TestCluster> {
  const cluster = new TestCluster()
  await cluster.createTopic('words', 2)
  await cluster.createTopic('counts', 2)
  return cluster
}

function countApplication(cluster: TestCluster, settings: TestApplicationSettings = {}): Application {
  const application = cluster.application(countByKey(), settings)
  application.start()
  return application
}

/** Every count that readers see, per word in the order of its partition. */
function countsIn(records: readonly ReadRecord[]): Record<string, number[]> {
  const counts: Record<string, number[]> = {}
  for (const { key, value } of records) (counts[key ?? ''] ??= []).push(Number(value?.readBigInt64BE(0)))
  return counts
}

/** What exactly once means here: each word counted from 1 to `count`, without gap or double. */
function eachCountedTo(count: number): Record<string, number[]> {
  return Object.fromEntries(
    words.map((word) => [word, Array.from({ length: count }, (_, index) => index + 1)]),
  )
}

/** Waits until each word was counted that often, and gives all counts there are. */
async function countedTo(cluster: TestCluster, count: number): Promise<Record<string, number[]>> {
  const records = await cluster.untilRead('counts', (read) => {
    const counts = countsIn(read)
    return words.every((word) => (counts[word]?.length ?? 0) >= count)
  })
  return countsIn(records)
}

/** The next offset that an application's tasks would process, over all of its inputs. */
function positionOf(application: Application): number {
  return application
    .threads()
    .flatMap(({ tasks }) => tasks.flatMap(({ inputs }) => inputs))
    .reduce((sum, { position }) => sum + position, 0)
}

function tasksOf(application: Application): number {
  return application.threads().flatMap(({ tasks }) => tasks).length
}

function delayOf(ms: number): Fault {
  return { kind: 'delay', minMs: ms, maxMs: ms, when: 'before' }
}

const text = ({ value }: ReadRecord): string => String(value)

describe('a stateless pipeline', () => {
  test('passes records on, each once and in order', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('input')
    await cluster.createTopic('output')
    const values = Array.from({ length: 100 }, (_, index) => String(index))
    await cluster.produce(
      'input',
      values.map((value) => ({ key: 'k', value })),
    )
    const application = cluster.application(passThrough())
    application.start()
    const output = await cluster.untilRead('output', (read) => read.length >= 100)
    expect(output.map(text)).toEqual(values)
  })

  test('sends records to topics that a function names, into partitions that another chooses', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('input')
    for (const [topic, partitions] of [
      ['two', 2],
      ['three', 3],
    ] as const)
      await cluster.createTopic(topic, partitions)
    const values = ['two', 'three', 'two', 'two', 'three']
    await cluster.produce(
      'input',
      values.map((value, index) => ({ key: String(index), value })),
    )
    cluster.application(routed()).start()
    const seen = async (topic: string, count: number) =>
      (await cluster.untilRead(topic, (read) => read.length === count)).map(({ key, partition }) => [
        key,
        partition,
      ])
    expect(await seen('two', 3)).toEqual([
      ['0', 1],
      ['2', 1],
      ['3', 1],
    ])
    expect(await seen('three', 2)).toEqual([
      ['1', 2],
      ['4', 2],
    ])
  })

  test('takes what comes while it is away, though it began at the end of a topic without a record', async () => {
    await using cluster = new TestCluster()
    for (const topic of ['input', 'output']) await cluster.createTopic(topic)
    const start = (): Application => {
      const application = cluster.application(passThrough('latest'), { identity })
      application.start()
      return application
    }
    const first = start()
    await cluster.until(() => first.state === 'running')
    await cluster.advance(1000)
    cluster.crash(first)
    await cluster.produce('input', [{ key: 'k', value: 'while away' }])
    start()
    const output = await cluster.untilRead('output', (read) => read.length === 1)
    expect(output.map(text)).toEqual(['while away'])
  })

  test('goes on after a restart where it had committed', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('input')
    await cluster.createTopic('output')
    for (const value of ['1', '2', '3']) {
      await cluster.produce('input', [{ key: 'k', value }])
      const application = cluster.application(passThrough(), { identity })
      application.start()
      await cluster.untilRead('output', (read) => read.some((record) => text(record) === value))
      await cluster.run(application.stop())
      expect(application.state).toBe('stopped')
    }
    expect((await cluster.read('output')).map(text)).toEqual(['1', '2', '3'])
  })
})

describe('times', () => {
  test('of a partition go on after a restart where its last commit was', async () => {
    await using cluster = new TestCluster()
    for (const topic of ['input', 'output']) await cluster.createTopic(topic, 2)
    const first = cluster.application(stamped(), { identity })
    first.start()
    const records = (count: number) =>
      Array.from({ length: count }, () => ({ key: 'k', value: 'v', partition: 0, timestampMs: 1 }))
    await cluster.produce('input', records(3))
    await cluster.produce('input', [{ key: 'k', value: 'v', partition: 1, timestampMs: 1 }])
    await cluster.untilRead('output', (read) => read.length === 4)
    await cluster.run(first.stop())
    await cluster.produce('input', records(2))
    cluster.application(stamped(), { identity }).start()
    const output = await cluster.untilRead('output', (read) => read.length === 6)
    const times = output.map(({ timestampMs }) => timestampMs)
    expect(times.toSorted((a, b) => a - b)).toEqual([9, 9, 19, 29, 39, 49])
  })
})

describe('a count over a repartition topic', () => {
  test('counts each record once, over an orderly restart', async () => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(50))
    const first = countApplication(cluster, { identity })
    await countedTo(cluster, 10)
    await cluster.run(first.stop())
    await cluster.produce('words', wordRecords(50))
    countApplication(cluster, { identity })
    expect(await countedTo(cluster, 20)).toEqual(eachCountedTo(20))
  })

  test('counts each record once when the process is killed and another takes its place', async () => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(100))
    const first = countApplication(cluster, { identity })
    await cluster.untilRead('counts', (read) => read.length > 0)
    cluster.crash(first)
    await cluster.produce('words', wordRecords(100))
    countApplication(cluster, { identity })
    expect(await countedTo(cluster, 40)).toEqual(eachCountedTo(40))
  })

  test('moves tasks between two processes without losing or doubling a record', async () => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(50))
    const first = countApplication(cluster, { leaveOnClose: true })
    await countedTo(cluster, 10)
    const second = countApplication(cluster)
    await cluster.until(() => tasksOf(first) === 2 && tasksOf(second) === 2)
    await cluster.produce('words', wordRecords(50))
    await countedTo(cluster, 20)
    await cluster.run(first.stop())
    await cluster.produce('words', wordRecords(50))
    expect(await countedTo(cluster, 30)).toEqual(eachCountedTo(30))
  })

  test('counts each record at least once where that is what is asked for', async () => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(50))
    const first = countApplication(cluster, { guarantee: 'at_least_once', commitIntervalMs: 100, identity })
    await countedTo(cluster, 10)
    await cluster.run(first.stop())
    await cluster.produce('words', wordRecords(50))
    countApplication(cluster, { guarantee: 'at_least_once', commitIntervalMs: 100, identity })
    expect(await countedTo(cluster, 20)).toEqual(eachCountedTo(20))
  })
})

describe('exactly once, when a request of a commit goes wrong', () => {
  const faults: [string, string, Fault][] = [
    ['the connection ends before the end of the transaction', 'EndTxn', { kind: 'cut', when: 'before' }],
    ['the connection ends after the end of the transaction', 'EndTxn', { kind: 'cut', when: 'after' }],
    ['the end of the transaction is never answered', 'EndTxn', { kind: 'drop' }],
    [
      'the end of the transaction is refused',
      'EndTxn',
      { kind: 'error', error: 'UNKNOWN_SERVER_ERROR', when: 'instead' },
    ],
    ['the producer is fenced', 'EndTxn', { kind: 'error', error: 'PRODUCER_FENCED', when: 'instead' }],
    [
      'the end of the transaction happens but is answered as fenced',
      'EndTxn',
      { kind: 'error', error: 'INVALID_PRODUCER_EPOCH', when: 'after' },
    ],
    [
      'the offsets are refused',
      'TxnOffsetCommit',
      { kind: 'error', error: 'UNKNOWN_MEMBER_ID', when: 'instead' },
    ],
    ['the offsets are never answered', 'TxnOffsetCommit', { kind: 'drop' }],
    [
      'a batch is refused for good',
      'Produce',
      { kind: 'error', error: 'UNKNOWN_SERVER_ERROR', when: 'instead' },
    ],
    ['the connection ends after a batch', 'Produce', { kind: 'cut', when: 'after' }],
  ]
  test.each(faults)('when %s', async (_, api, fault) => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(50))
    countApplication(cluster, { requestTimeoutMs: 1000 })
    await countedTo(cluster, 10)
    const rule = cluster.broker.faults.add({ api, fault, times: 3, clientId: /^app-/ })
    await cluster.produce('words', wordRecords(50))
    expect(await countedTo(cluster, 20)).toEqual(eachCountedTo(20))
    expect(rule.hits).toBeGreaterThan(0)
  })

  test('records are processed while a transaction ends, and are seen after it', async () => {
    await using cluster = new TestCluster()
    for (const topic of ['input', 'output']) await cluster.createTopic(topic)
    const application = cluster.application(passThrough())
    application.start()
    await cluster.produce('input', [{ key: 'k', value: 'first' }])
    await cluster.untilRead('output', (read) => read.length === 1)
    cluster.broker.faults.add({ api: 'EndTxn', fault: delayOf(5000), times: 1 })
    await cluster.produce('input', [{ key: 'k', value: 'second' }])
    await cluster.advance(1000)
    await cluster.produce('input', [{ key: 'k', value: 'third' }])
    await cluster.until(() => positionOf(application) === 3)
    expect((await cluster.read('output')).map(text)).toEqual(['first'])
    const output = await cluster.untilRead('output', (read) => read.length === 3)
    expect(output.map(text)).toEqual(['first', 'second', 'third'])
  })

  test.each([
    ['did not happen', 'instead'],
    ['happened', 'after'],
  ] as const)('what was processed beside an end that %s counts once', async (_, when) => {
    await using cluster = await countCluster()
    countApplication(cluster)
    await cluster.produce('words', wordRecords(50))
    await countedTo(cluster, 10)
    const { faults } = cluster.broker
    const rule = faults.add({
      api: 'EndTxn',
      fault: { kind: 'error', error: 'PRODUCER_FENCED', when },
      skip: 1,
      times: 1,
      clientId: /^app-/,
    })
    for (let wave = 1; wave <= 10; wave++) {
      faults.add({ api: 'EndTxn', fault: delayOf(300), times: 1, clientId: /^app-/ })
      await cluster.produce('words', wordRecords(50))
      await cluster.advance(150)
    }
    expect(await countedTo(cluster, 110)).toEqual(eachCountedTo(110))
    expect(rule.hits).toBe(1)
  })

  test('tasks are given up, and a process stops, only when an end that is under way is over', async () => {
    await using cluster = await countCluster()
    const first = countApplication(cluster, { leaveOnClose: true })
    await cluster.produce('words', wordRecords(50))
    await countedTo(cluster, 10)
    const { faults } = cluster.broker
    const delayed = [1, 2].map(() =>
      faults.add({ api: 'EndTxn', fault: delayOf(2000), times: 2, clientId: /^app-/ }),
    )
    await cluster.produce('words', wordRecords(50))
    await cluster.until(() => (delayed[0]?.hits ?? 0) > 0)
    // More is processed beside the end, and then the group takes tasks away.
    await cluster.produce('words', wordRecords(50))
    const second = countApplication(cluster)
    await cluster.until(() => tasksOf(first) === 2 && tasksOf(second) === 2)
    await cluster.produce('words', wordRecords(50))
    await cluster.until(() => (delayed[1]?.hits ?? 0) > 0)
    await cluster.produce('words', wordRecords(50))
    await cluster.run(first.stop())
    expect(await countedTo(cluster, 50)).toEqual(eachCountedTo(50))
  })

  test('when the process is cut off for longer than its session, works on, and comes back', async () => {
    await using cluster = await countCluster()
    await cluster.produce('words', wordRecords(50))
    const zombie = countApplication(cluster, { sessionTimeoutMs: 6000 })
    await countedTo(cluster, 10)
    await cluster.produce('words', wordRecords(50))
    cluster.network(zombie).cut()
    countApplication(cluster)
    await countedTo(cluster, 20)
    cluster.network(zombie).mend()
    await cluster.produce('words', wordRecords(50))
    await countedTo(cluster, 30)
    await cluster.advance(10_000)
    expect(countsIn(await cluster.read('counts'))).toEqual(eachCountedTo(30))
  })
})

describe('a table whose own topic is its change log', () => {
  test('is replayed up to the committed offset, and no further', async () => {
    await using cluster = new TestCluster()
    for (const topic of ['orders', 'customers', 'output']) await cluster.createTopic(topic)
    const at = (timestampMs: number) => ({ timestampMs: 1_700_000_000_000 + timestampMs })
    await cluster.produce('customers', [{ key: 'x', value: 'Ann', ...at(0) }])
    await cluster.produce('orders', [{ key: 'x', value: 'tea', ...at(1) }])
    const first = cluster.application(streamTableJoin(), { identity })
    first.start()
    await cluster.untilRead('output', (read) => read.length === 1)
    await cluster.run(first.stop())
    await cluster.produce('customers', [{ key: 'x', value: 'Bob', ...at(20) }])
    await cluster.produce('orders', [
      { key: 'x', value: 'milk', ...at(10) },
      { key: 'x', value: 'bread', ...at(30) },
    ])
    cluster.application(streamTableJoin(), { identity }).start()
    await cluster.untilRead('output', (read) => read.length === 3)
    expect((await cluster.read('output')).map(text)).toEqual(['tea/Ann', 'milk/Ann', 'bread/Bob'])
  })
})

describe('a record that goes wrong', () => {
  const code = 'value === "bad" ? missing.field : value.toUpperCase()'

  async function runBad(settings: TestApplicationSettings) {
    const cluster = new TestCluster()
    for (const topic of ['input', 'output']) await cluster.createTopic(topic)
    await cluster.produce(
      'input',
      ['x', 'bad', 'y'].map((value) => ({ key: 'k', value })),
    )
    const application = cluster.application(mapped(code), settings)
    application.start()
    return { cluster, application }
  }

  test('stops the application, naming the function and where the record is, and not what is in it', async () => {
    const { cluster, application } = await runBad({})
    await using _ = cluster
    const error: unknown = await cluster.run(
      application.done.then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    )
    expect(error).toMatchObject({
      code: 'FUNCTION_FAILED',
      detail: expect.stringContaining('Topic "input", partition 0, offset 1, task 0_0.'),
    })
    expect(String(error)).toContain('shout')
    expect(application.state).toBe('failed')
    expect(await cluster.read('output')).toEqual([])
  })

  test('meets its policy, too, when it waited for a topic that a function named', async () => {
    await using cluster = new TestCluster()
    for (const topic of ['input', 'two']) await cluster.createTopic(topic, 2)
    // The partitioner gives one beyond the last for this key.
    const keys = ['good', 'bad', 'fine']
    await cluster.produce(
      'input',
      keys.map((key) => ({ key, value: 'two', partition: 0 })),
    )
    cluster.application(routed(), { policies: { function: 'dead_letter' } }).start()
    const sent = await cluster.untilRead('two', (read) => read.length === 2)
    expect(sent.map(({ key }) => key)).toEqual(['good', 'fine'])
    const letters = await cluster.read('app-dead-letters')
    const places = letters.map(({ headers }) =>
      String(headers?.find(({ key }) => key === 'weft.offset')?.value),
    )
    expect(letters.map(({ key }) => key)).toEqual(['bad'])
    expect(places).toEqual(['1'])
  })

  test('is left out and counted', async () => {
    const { cluster, application } = await runBad({ policies: { function: 'skip' } })
    await using _ = cluster
    await cluster.untilRead('output', (read) => read.length === 2)
    const failed = application.metrics
      .samples()
      .find(({ facts }) => facts.name === 'weft_records_failed_total')
    expect(failed).toMatchObject({ value: 1, labels: { stage: 'function', policy: 'skip', topic: 'input' } })
  })

  test('goes to the dead-letter topic with its bytes and what went wrong', async () => {
    const { cluster } = await runBad({ policies: { function: 'dead_letter' } })
    await using _ = cluster
    await cluster.untilRead('output', (read) => read.length === 2)
    const [letter] = await cluster.read('app-dead-letters')
    expect(letter).toMatchObject({ key: 'k', value: Buffer.from('bad') })
    expect(
      Object.fromEntries(letter?.headers?.map(({ key, value }) => [key, String(value)]) ?? []),
    ).toMatchObject({
      'weft.application': 'app',
      'weft.topic': 'input',
      'weft.partition': '0',
      'weft.offset': '1',
      'weft.stage': 'function',
      'weft.error.code': 'FUNCTION_FAILED',
      'weft.error.message': expect.stringContaining('ReferenceError: missing is not defined'),
    })
  })
})
