import { calls, type ScalarFunction } from './scalar-function.ts'

/**
 * A hash of its own, from 0 to 2^53 − 1, equal for equal values in all versions of Weft. It is not DuckDB's, whose values change
 * from release to release: use it to divide and to sample, not to compare with DuckDB. NULL has a hash.
 */
function hashOf(...values: readonly unknown[]): number {
  let low = 0x1b873593
  let high = 0x2545f491
  for (const value of values) {
    const text = `${typeof value} ${textOf(value)}`
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      low = Math.imul((low ^ unit) + at, 0x9e3779b1)
      high = Math.imul(high ^ (unit + (low >>> 15)), 0x85ebca77)
    }
    low ^= high >>> 13
    high ^= low >>> 16
  }
  low = Math.imul(low ^ (low >>> 15), 0x2c1b3c6d)
  high = Math.imul(high ^ (high >>> 14), 0x297a2d39)
  return ((high ^ (high >>> 15)) & 0x1fffff) * 4_294_967_296 + ((low ^ (low >>> 12)) >>> 0)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}

export const hashFunctions: readonly ScalarFunction[] = [
  { names: ['hash'], nulls: 'own', total: true, take: (args) => args, emit: calls(hashOf) },
]
