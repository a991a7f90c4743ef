import { describe, expect, test } from 'vitest'
import type { Format } from '../../data/types.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import type { StreamJoinNode } from '../../topology/stream-join-nodes.ts'
import { storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }

function joined(type: StreamJoinNode['type']): TestTask {
  const functions = new TestFunctions()
  const joiner = functions.add('valueJoiner', (_key: unknown, l: string, r: string) => `${l}+${r}`)
  const kept = (name: string): StoreSpec => ({
    ...storeSpec(name, { value: text }),
    kind: 'window',
    timestamped: true,
    windowSizeMs: 10,
    retentionMs: 10,
    retainDuplicates: true,
  })
  const join: Node = {
    kind: 'stream-join',
    id: 'j',
    left: 'l',
    right: 'r',
    type,
    joiner,
    beforeMs: 5,
    afterMs: 5,
    graceMs: 0,
    key: text,
    leftValue: text,
    rightValue: text,
    leftStore: 'left',
    rightStore: 'right',
    ...(type === 'inner' ? {} : { unmatchedStore: 'waiting' }),
  }
  const source = (id: string): Node => ({ kind: 'source', id, topics: [id], key: text, value: text })
  const sink = {
    kind: 'sink',
    id: 'out',
    input: 'j',
    topic: { kind: 'topic', name: 'o' },
    key: text,
    value: text,
  } as const
  const waiting: StoreSpec = { ...storeSpec('waiting', { key: bytes, value: bytes }), kind: 'list' }
  return new TestTask({
    nodes: [source('l'), source('r'), join, sink],
    stores: [kept('left'), kept('right'), waiting],
    functions,
  })
}

type Step = readonly [side: 'l' | 'r', key: string | null, value: string | null, timestampMs: number]

function play(task: TestTask, steps: readonly Step[]): string[] {
  for (const [side, key, value, timestampMs] of steps) task.push(side, key, value, { timestampMs })
  return task.takeSent().map((line) => line.slice('o: '.length))
}

describe('a join of two streams', () => {
  test('joins all records of a key that are near in time, at the later time of the two', () => {
    const steps: Step[] = [
      ['l', 'a', '1', 10],
      ['r', 'a', 'x', 13],
      ['r', 'a', 'y', 16],
      ['l', 'a', '2', 12],
      ['r', 'b', 'z', 12],
    ]
    expect(play(joined('inner'), steps)).toEqual(['a=1+x @13', 'a=2+x @13', 'a=2+y @16'])
  })

  test('left: tells of a record alone when its time is over, not before', () => {
    const task = joined('left')
    expect(
      play(task, [
        ['l', 'b', '1', 14],
        ['r', 'c', 'x', 19],
      ]),
    ).toEqual([])
    expect(play(task, [['r', 'c', 'y', 20]])).toEqual(['b=1+null @14'])
    expect(play(task, [['r', 'c', 'z', 40]])).toEqual([])
  })

  test('left: tells at once of a record that comes after its time', () => {
    expect(
      play(joined('left'), [
        ['r', 'c', 'x', 20],
        ['l', 'a', '1', 6],
      ]),
    ).toEqual(['a=1+null @6'])
  })

  test('left: a record that finds a partner waits no more', () => {
    const steps: Step[] = [
      ['l', 'a', '1', 10],
      ['r', 'a', 'x', 12],
      ['r', 'c', 'y', 40],
    ]
    expect(play(joined('left'), steps)).toEqual(['a=1+x @12'])
  })

  test('outer: tells of both sides, by time, right before left', () => {
    const task = joined('outer')
    const steps: Step[] = [
      ['l', 'a', '1', 10],
      ['r', 'b', 'x', 10],
      ['l', 'c', '2', 9],
      ['r', 'd', 'y', 30],
    ]
    expect(play(task, steps)).toEqual(['c=2+null @9', 'b=null+x @10', 'a=1+null @10'])
  })

  test('outer: several records of one key and time are looked at one by one, when the next look is due', () => {
    const steps: readonly Step[] = [
      ['l', 'd', 'D', 46],
      ['r', 'a', 'A', 50],
      ['l', 'b', 'B1', 50],
      ['l', 'b', 'B2', 50],
      ['l', 'b', 'C', 51],
      ['l', 'x', 'first look', 52],
      ['l', 'x', 'second look', 56],
    ]
    expect(play(joined('outer'), steps)).toEqual([
      'd=D+null @46',
      'a=null+A @50',
      'b=B1+null @50',
      'b=B2+null @50',
    ])
  })

  test('keeps a record without key only where it may be alone, and none without value', () => {
    const steps: Step[] = [
      ['l', null, '1', 10],
      ['r', null, 'x', 10],
      ['l', 'a', null, 10],
    ]
    expect(play(joined('left'), steps)).toEqual(['null=1+null @10'])
    expect(play(joined('inner'), steps)).toEqual([])
  })
})
