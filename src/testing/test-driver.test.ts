import { expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import { finishTopology } from '../topology/build-topology.ts'
import type { FunctionRef } from '../topology/functions.ts'
import type { Topology } from '../topology/topology.ts'
import { TestDriver } from './test-driver.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const long: Format = { notation: 'binary', type: { kind: 'long' } }

const span = { file: 'app.yaml', line: 1, column: 1, length: 1 }

/** Counts `words` by key, over a repartition topic. */
function counting(): Topology {
  return finishTopology({
    name: 'app',
    nodes: [
      { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
      {
        kind: 'repartition',
        id: 'again',
        input: 'words',
        topic: 'again-repartition',
        key: text,
        value: text,
      },
      { kind: 'aggregate', id: 'count', input: 'again', fold: { kind: 'count' }, store: 'counts' },
      { kind: 'to-stream', id: 'stream', input: 'count' },
      {
        kind: 'sink',
        id: 'out',
        input: 'stream',
        topic: { kind: 'topic', name: 'counts' },
        key: text,
        value: long,
      },
    ],
    stores: [
      {
        name: 'counts',
        kind: 'key-value',
        key: text,
        value: long,
        timestamped: true,
        persistent: false,
        caching: true,
        logging: 'own',
      },
    ],
    functions: { namespace: 'app', functions: [] },
  })
}

test('runs a record through internal topics to its end, and gives plain values with their headers', async () => {
  await using driver = await TestDriver.open(counting())
  const headers = [{ key: 'h', value: Buffer.from('x') }]
  driver.send('words', { key: 'a', value: 'tea', timestampMs: 5, headers })
  driver.send('words', { key: 'a', value: 'tea', timestampMs: 7 })
  expect(driver.take('counts')).toEqual([
    { key: 'a', value: 1, timestampMs: 5, partition: 0, headers },
    { key: 'a', value: 2, timestampMs: 7, partition: 0, headers: undefined },
  ])
  expect(driver.take('counts')).toEqual([])
})

test('holds back what caches until it is told to commit', async () => {
  await using driver = await TestDriver.open(counting(), { commit: 'when-told' })
  for (const timestampMs of [1, 2]) driver.send('words', { key: 'a', value: 'tea', timestampMs })
  expect(driver.take('counts')).toEqual([])
  driver.commit()
  expect(driver.take('counts').map(({ value }) => value)).toEqual([2])
})

test('calls a punctuator when the clock has moved on, once, and not for records', async () => {
  const punctuator: FunctionRef = {
    name: 'tick',
    kind: 'punctuator',
    parameters: [{ name: 'timestamp' }],
    resultType: { kind: 'list', of: { kind: 'tuple', of: [{ kind: 'string' }, { kind: 'long' }] } },
    stores: [],
    body: { language: 'javascript', expression: { text: '[["tick", timestamp]]', span } },
  }
  await using driver = await TestDriver.open(
    finishTopology({
      name: 'app',
      nodes: [
        { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
        { kind: 'punctuate', id: 'ticks', input: 'words', everyMs: 100, time: 'wall-clock', punctuator },
        {
          kind: 'sink',
          id: 'out',
          input: 'ticks',
          topic: { kind: 'topic', name: 'ticks' },
          key: text,
          value: long,
        },
      ],
      stores: [],
      functions: { namespace: 'app', functions: [] },
    }),
    { startMs: 1_000 },
  )
  const ticks = () => driver.take('ticks').map(({ key, value, timestampMs }) => [key, value, timestampMs])
  await driver.advance(99)
  driver.send('words', { key: 'a', value: 'tea', timestampMs: 5_000 })
  expect(ticks()).toEqual([])
  await driver.advance(1)
  expect(ticks()).toEqual([['tick', 1_100, 1_100]])
  await driver.advance(350)
  await driver.advance(40)
  expect(ticks()).toEqual([['tick', 1_450, 1_450]])
  await driver.advance(10)
  expect(ticks()).toEqual([['tick', 1_500, 1_500]])
})

test('keeps partitions apart, each with its stores', async () => {
  await using driver = await TestDriver.open(counting(), { partitions: 4 })
  for (const key of ['a', 'b', 'c', 'd', 'e']) driver.send('words', { key, value: 'tea' })
  const counts = [0, 1, 2, 3].map((partition) => {
    const store = driver.store('counts', partition)
    return store.kind === 'key-value' ? store.approximateEntryCount() : 0
  })
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5)
  expect(Math.max(...counts)).toBeLessThan(5)
})

test('names the topics that are read and the stores that there are', async () => {
  await using driver = await TestDriver.open(counting())
  expect(() => driver.send('orders', { value: 'x' })).toThrow('nothing reads topic "orders"')
  expect(() => driver.store('sums')).toThrow('no task has a store "sums"')
})
