import { describe, expect, test } from 'vitest'
import type { Format } from '../../data/types.ts'
import type { SuppressNode } from '../../topology/suppress-node.ts'
import type { Node } from '../../topology/topology.ts'
import { storeSpec, TestTask, text } from '../fixture.ts'

const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }

function suppressed(shape: Partial<SuppressNode>): TestTask {
  const until = { kind: 'time-limit', durationMs: 10 } as const
  const nodes: Node[] = [
    { kind: 'table-source', id: 't', topic: 't', key: text, value: text, store: 't' },
    {
      kind: 'suppress',
      id: 's',
      input: 't',
      until,
      whenFull: 'emit',
      key: text,
      value: text,
      store: 's',
      ...shape,
    },
    { kind: 'to-stream', id: 'stream', input: 's' },
    { kind: 'sink', id: 'out', input: 'stream', topic: { kind: 'topic', name: 'o' }, key: text, value: text },
  ]
  const stores = [
    storeSpec('t', { value: text }),
    storeSpec('s', { key: bytes, value: bytes, timestamped: false }),
  ]
  return new TestTask({ nodes, stores })
}

function play(
  task: TestTask,
  rows: readonly (readonly [key: string, value: string | null, timestampMs: number])[],
): string[] {
  for (const [key, value, timestampMs] of rows) task.push('t', key, value, { timestampMs })
  return task.takeSent().map((line) => line.slice('o: '.length))
}

describe('suppress', () => {
  test('passes the last change of a key on, so long after its first', () => {
    const task = suppressed({})
    expect(
      play(task, [
        ['a', '1', 0],
        ['a', '2', 5],
        ['b', '3', 9],
      ]),
    ).toEqual([])
    expect(play(task, [['c', '4', 10]])).toEqual(['a=2 @5'])
    expect(play(task, [['c', null, 20]])).toEqual(['b=3 @9', 'c=null @20'])
  })

  test('lets what waits longest go early where there is no room', () => {
    expect(
      play(suppressed({ maxRecords: 1 }), [
        ['a', '1', 0],
        ['b', '2', 1],
        ['c', '3', 2],
      ]),
    ).toEqual(['a=1 @0', 'b=2 @1'])
  })

  test('lets what came at one time go in the order of the bytes of keys', () => {
    const rows = ['d', '\u{1f600}', 'a', '\u{ff5e}', 'c', 'b'].map((key) => [key, key, 0] as const)
    const sent = play(suppressed({}), [...rows, ['z', 'z', 10]])
    expect(sent.map((line) => line.split('=')[0])).toEqual(['a', 'b', 'c', 'd', '\u{ff5e}', '\u{1f600}'])
  })

  test('holds a change at about the same cost, however many there are', () => {
    const cpuMs = (keys: number): number => {
      const task = suppressed({ until: { kind: 'time-limit', durationMs: 10 * keys } })
      const { user } = process.threadCpuUsage()
      // Each is due before all that are held.
      for (let index = keys; index > 0; index--) task.push('t', `k${index}`, 'v', { timestampMs: index })
      for (let index = 0; index < keys; index++)
        task.push('t', `l${index}`, 'v', { timestampMs: 10 * keys + index })
      expect(task.takeSent()).toHaveLength(keys - 1)
      return process.threadCpuUsage().user - user
    }
    const few = Math.min(cpuMs(4000), cpuMs(4000))
    expect(cpuMs(64_000) / few).toBeLessThan(60)
  })

  test('fails where it may not', () => {
    const task = suppressed({ maxRecords: 1, whenFull: 'fail' })
    expect(() =>
      play(task, [
        ['a', '1', 0],
        ['b', '2', 1],
      ]),
    ).toThrow('the buffer of "s" is full')
  })
})
