import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import {
  addLong,
  divideLong,
  multiplyLong,
  negateLong,
  remainderLong,
  subtractLong,
  toLong,
  type Whole,
} from './integers.ts'

const least = -(2n ** 63n)
const most = 2n ** 63n - 1n
const long = fc.oneof(
  fc.bigInt({ min: least, max: most }),
  fc.bigInt({ min: -20n, max: 20n }),
  fc.constantFrom(least, most, 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 31n),
)

/** What exact arithmetic gives, or the word for a result that BIGINT cannot hold. */
function exact(value: bigint): Whole | 'too large' {
  return value < least || value > most ? 'too large' : toLong(value)
}

function outcome(work: () => Whole | null): Whole | null | 'too large' {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof StreamError) return 'too large'
    throw thrown
  }
}

test('whole numbers are computed as exact arithmetic does, and safe results are numbers', () => {
  fc.assert(
    fc.property(long, long, (left, right) => {
      const [a, b] = [toLong(left), toLong(right)]
      expect(outcome(() => addLong(a, b))).toBe(exact(left + right))
      expect(outcome(() => subtractLong(a, b))).toBe(exact(left - right))
      expect(outcome(() => multiplyLong(a, b))).toBe(exact(left * right))
      expect(outcome(() => negateLong(a))).toBe(exact(-left))
      expect(outcome(() => divideLong(a, b))).toBe(right === 0n ? null : exact(left / right))
      expect(outcome(() => remainderLong(a, b))).toBe(right === 0n ? null : exact(left % right))
    }),
  )
})
