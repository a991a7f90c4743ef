import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { materialize } from '../../data/lazy.ts'
import type { Fold, Node } from '../../topology/topology.ts'
import { json, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

// Caching may leave updates out, but never the last one of a key before a flush.

interface Push {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly flush: boolean
}

function summing(caching: boolean): TestTask {
  const functions = new TestFunctions()
  const number = (value: unknown): number => Number(materialize(value))
  const reducer = functions.add('reducer', (sum, value) => {
    const next = number(sum) + number(value)
    return next % 5 === 0 ? null : next
  })
  const fold: Fold = { kind: 'reduce', reducer }
  const nodes: readonly Node[] = [
    { kind: 'source', id: 'in', topics: ['in'], key: text, value: json },
    { kind: 'aggregate', id: 'sum', input: 'in', fold, store: 'sum' },
    { kind: 'to-stream', id: 'stream', input: 'sum' },
    {
      kind: 'sink',
      id: 'out',
      input: 'stream',
      topic: { kind: 'topic', name: 'out' },
      key: text,
      value: json,
    },
  ]
  return new TestTask({ nodes, stores: [storeSpec('sum', { caching })], functions })
}

/** The last update of each key, but for tombstones of keys that `known` does not have: they came and went unseen. */
function lastPerKey(task: TestTask, known: Set<string>): string[] {
  const last = new Map(task.sent.splice(0).map((sent) => [sent.key ?? '', sent]))
  const told = [...last].filter(([key, { value }]) => value !== null || known.has(key))
  for (const [key, { value }] of last) {
    if (value === null) known.delete(key)
    else known.add(key)
  }
  // A tombstone that waited has the time of the record that brought it.
  return told
    .map(([key, { value, timestampMs }]) => `${key}=${value}${value === null ? '' : `@${timestampMs}`}`)
    .sort()
}

const pushes = fc.array(
  fc.record<Push>({
    key: fc.constantFrom('a', 'b', 'c', null),
    value: fc.constantFrom('1', '2', '3', null),
    timestampMs: fc.nat(100),
    flush: fc.nat(5).map((chance) => chance === 0),
  }),
  { maxLength: 60, size: 'max' },
)

property.prop({ pushes }, { numRuns: 60 })(
  'a caching store emits, for each key and flush, the last update that one without caching emits',
  ({ pushes }) => {
    const [eager, caching] = [summing(false), summing(true)]
    const [eagerKnown, cachingKnown] = [new Set<string>(), new Set<string>()]
    for (const { key, value, timestampMs, flush } of [...pushes, { ...end, flush: true }]) {
      for (const task of [eager, caching]) {
        task.push('in', key, value, { timestampMs })
        if (flush) task.processors.flush()
      }
      if (flush) expect(lastPerKey(caching, cachingKnown)).toEqual(lastPerKey(eager, eagerKnown))
    }
  },
)

const end = { key: 'a', value: '1', timestampMs: 0 }
