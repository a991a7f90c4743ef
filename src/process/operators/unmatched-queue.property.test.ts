import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { isBefore, UnmatchedQueue, type Queued } from './unmatched-queue.ts'

interface Op {
  readonly what: 'add' | 'remove' | 'shift'
  readonly key: string
  readonly timestampMs: number
}

const ops = fc.array(
  fc.record<Op>({
    what: fc.constantFrom('add', 'add', 'add', 'remove', 'shift'),
    key: fc.oneof(
      fc.constant('aa'),
      fc.integer({ min: 97, max: 108 }).map((code) => String.fromCharCode(code)),
    ),
    timestampMs: fc.oneof(fc.nat(30), fc.constant(7)),
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
    const queue = new UnmatchedQueue<Queued>(String)
    let list: Queued[] = []
    const steps = Array.from({ length: repeat }, (_, round) =>
      ops.map((op) => ({ ...op, timestampMs: op.timestampMs + round * 20 })),
    ).flat()
    for (const op of steps) {
      const entry = queued(op)
      const known = list.find((other) => inOrder(other, entry) === 0)
      expect(queue.find(op.key, op.timestampMs, op.key)).toBe(known)
      expect(queue.after(entry)).toBe(list.find((other) => inOrder(other, entry) > 0))
      const right = { ...entry, side: 'right' } as const
      const rights = new UnmatchedQueue<Queued>(String)
      rights.add(right)
      expect(rights.after(entry)).toBeUndefined()
      expect(rights.after({ ...entry, timestampMs: op.timestampMs - 1 })).toBe(right)
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

test('what waits for one and the same time is found without a look at all of it', () => {
  let looks = 0
  const waiting = (key: string): Queued => ({
    side: 'left',
    timestampMs: 1,
    hasLeft: false,
    get identity() {
      looks++
      return key
    },
    get keyText() {
      looks++
      return key
    },
  })
  const queue = new UnmatchedQueue<Queued>(String)
  const keys = Array.from({ length: 4096 }, (_, n) => String((n * 2741) % 4096).padStart(4, '0'))
  for (const key of keys) {
    expect(queue.find(key, 1, key)).toBeUndefined()
    queue.add(waiting(key))
  }
  let last = queue.first()
  for (let n = 1; n < keys.length; n++) last = last && queue.after(last)
  expect(last).toBe(queue.last())
  for (const key of keys) {
    const found = queue.find(key, 1, key)
    if (found !== undefined) queue.remove(found)
  }
  expect(queue.isEmpty).toBe(true)
  expect(looks).toBeLessThan(4 * 4096 * 20)
})
