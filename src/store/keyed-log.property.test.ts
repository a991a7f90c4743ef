import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { KeyedLog, type KeyedLogEntry } from './keyed-log.ts'

const keys = ['', 'a', 'ab', 'é', 7, -3, 2 ** 40, 12n]

interface Op {
  readonly what: 'add' | 'shift' | 'truncate' | 'clear'
  /** How often, or how many. */
  readonly count: number
  readonly key: number
  readonly first: number
}

const ops = fc.array(
  fc.record<Op>({
    what: fc.constantFrom('add', 'add', 'add', 'shift', 'truncate', 'clear'),
    count: fc.nat(200),
    key: fc.nat(keys.length - 1),
    first: fc.nat(50),
  }),
  { maxLength: 40, size: 'max' },
)

function entry(number: number, { key, first }: Op): KeyedLogEntry {
  const bytes = Buffer.from(String(number))
  const identity = keys[(key + number) % keys.length] as string
  return {
    identity,
    first: first + (number % 5),
    second: number,
    bytes,
    start: 0,
    keyEnd: 0,
    end: bytes.length,
  }
}

property.prop({ ops }, { numRuns: 60 })(
  'a log finds what a list has, however it grows, shrinks and goes round',
  ({ ops }) => {
    const log = new KeyedLog()
    let list: KeyedLogEntry[] = []
    let number = 0
    for (const op of ops) {
      const { what, count, first } = op
      if (what === 'add') {
        const added = Array.from({ length: count }, () => entry(number++, op))
        for (const one of added) log.add(one)
        list.push(...added)
      } else if (what === 'shift') {
        const gone = Math.min(count, list.length)
        for (let left = gone; left > 0; left--) log.removeFirst()
        list = list.slice(gone)
      } else if (what === 'truncate') {
        list = list.slice(0, Math.max(0, list.length - count))
        log.truncate(log.head + list.length)
      } else if (count < 20) {
        log.clear()
        list = []
      }
      expect(log.tail - log.head).toBe(list.length)
      expect(log.sizeBytes).toBe(list.reduce((sum, { bytes }) => sum + bytes.length, 0))
      for (const identity of keys) {
        const wanted = list.filter(
          (one) => one.identity === identity && one.first >= first && one.first <= first + 3,
        )
        wanted.sort((one, other) => one.first - other.first || one.second - other.second)
        const found = log
          .find(identity, first, first + 3)
          .map((place) => log.read(place, entry(0, op)).second)
        expect(found).toEqual(wanted.map(({ second }) => second))
      }
    }
  },
)
