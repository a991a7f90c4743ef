import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MetricRegistry } from '../../base/metrics.ts'
import type { Format } from '../../data/types.ts'
import { serdeFor } from '../../serde/plain-serde.ts'
import { openStore } from '../../store/open-store.ts'
import { ProcessEngines } from '../../store/state-engines.ts'
import type { KeyValueStoreSpec } from '../../topology/topology.ts'
import { PartitionQueue } from './partition-queue.ts'
import { TaskStore } from './task-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-task-store-'))
const engines = (await ProcessEngines.open({ kind: 'sqlite', folder, budgetBytes: 1_048_576 })).forThread(0)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let nowMs = 1000

const text: Format = { notation: 'binary', type: { kind: 'string' } }

function openLife(name: string, logging: 'own' | 'none') {
  const spec: KeyValueStoreSpec = {
    name,
    kind: 'key-value',
    key: text,
    value: text,
    timestamped: false,
    persistent: true,
    caching: false,
    logging,
  }
  const place = { task: '0_0', store: name }
  return new TaskStore({
    spec,
    changeLog: logging === 'own' ? { topic: 'log', partition: 0 } : undefined,
    topicId: 'id',
    open: () =>
      openStore({
        spec,
        keySerde: serdeFor(text),
        valueSerde: serdeFor(text),
        changeLog: undefined,
        metrics: new MetricRegistry(),
        engine: engines.open(place),
      }),
    drop: () => engines.drop(place),
    acknowledged: () => 17,
    leaderEpoch: () => 3,
    nowMs: () => nowMs,
  })
}

function queueAt(position: number): PartitionQueue {
  const queue = new PartitionQueue({ topic: 'in', partition: 0 }, { value: 0 })
  queue.reset(position)
  return queue
}

function commit(store: TaskStore, position: number): void {
  store.seal([queueAt(position)])
  store.committed()
}

test('a store without change log says in its next life whether it has missed a commit', () => {
  const first = openLife('unlogged', 'none')
  expect(first.missedCommit([queueAt(5)], false)).toBe(false)
  expect(first.missedCommit([queueAt(5)], true)).toBe(true)
  commit(first, 5)
  first.managed.close()
  const second = openLife('unlogged', 'none')
  expect(second.missedCommit([queueAt(5)], true)).toBe(false)
  expect(second.missedCommit([queueAt(8)], true)).toBe(true)
  second.reopen()
  expect(second.managed.position()).toBeUndefined()
  second.managed.close()
})

test('a commit keeps where the change log was, in which epoch, and when', () => {
  const first = openLife('logged', 'own')
  commit(first, 5)
  first.managed.close()
  const position = { topicId: 'id', offset: 17, leaderEpoch: 3, committedAtMs: 1000, layout: first.layout }
  const second = openLife('logged', 'own')
  expect(second.managed.position()).toEqual(position)
  expect(second.missedCommit([queueAt(99)], true)).toBe(false)
  second.managed.close()
})

test('a position to which nothing is added is confirmed now and then, with the time of the seal', () => {
  const store = openLife('confirmed', 'own')
  commit(store, 5)
  for (const [sealedMs, endedMs, expected] of [
    [500_000, 700_000, 1000],
    [602_000, 900_000, 602_000],
    [700_000, 700_000, 602_000],
  ] as const) {
    nowMs = sealedMs
    store.seal([queueAt(5)])
    nowMs = endedMs
    store.committed()
    store.confirmed()
    expect(store.managed.position()?.committedAtMs).toBe(expected)
  }
  store.managed.close()
})
