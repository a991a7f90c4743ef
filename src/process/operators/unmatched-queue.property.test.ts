import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { isBefore, UnmatchedQueue, type Queued } from './unmatched-queue.ts'

interface Op {
  readonly what: 'add' | 'remove' | 'shift'
  readonly key: string
  readonly timestampMs: number
}

const ops = fc.array(
  fc.record<Op>({
    what: fc.constantFrom('add', 'add', 'add', 'remove', 'shift'),
    key: fc.constantFrom('a', 'aa', 'b', 'c'),
    timestampMs: fc.nat(30),
  }),
  { maxLength: 200, size: 'max' },
)

function queued({ key, timestampMs }: Op): Queued {
  return { side: 'left', identity: key, timestampMs, keyText: key, hasLeft: false }
}

function inOrder(one: Queued, other: Queued): number {
  return isBefore(one, other) ? -1 : isBefore(other, one) ? 1 : 0
}

property.prop({ ops, repeat: fc.constantFrom(1, 4) }, { numRuns: 50 })(
  'a queue gives what waits in the order of a sorted list, wherever it comes in and leaves',
  ({ ops, repeat }) => {
    const queue = new UnmatchedQueue<Queued>()
    let list: Queued[] = []
    const steps = Array.from({ length: repeat }, (_, round) =>
      ops.map((op) => ({ ...op, timestampMs: op.timestampMs + round * 20 })),
    ).flat()
    for (const op of steps) {
      const entry = queued(op)
      const known = list.find((other) => inOrder(other, entry) === 0)
      expect(queue.find(op.key, op.timestampMs)).toBe(known)
      expect(queue.after(entry)).toBe(list.find((other) => inOrder(other, entry) > 0))
      const right = { ...entry, side: 'right' } as const
      expect(queue.after(right)).toBe(list.find(({ timestampMs }) => timestampMs >= op.timestampMs))
      const gone = op.what === 'shift' ? queue.first() : known
      if (op.what === 'add' && known === undefined) {
        queue.add(entry)
        list = [...list, entry].sort(inOrder)
      } else if (op.what !== 'add' && gone !== undefined) {
        queue.remove(gone)
        list = list.filter((other) => other !== gone)
      }
      expect(queue.first()).toBe(list[0])
      expect(queue.last()).toBe(list.at(-1))
      expect(queue.isEmpty).toBe(list.length === 0)
    }
  },
)
