import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'
import { fuzzTargets } from './targets.ts'

// `npm run fuzz` gives each decoder a million.
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 1000)
const seed = Number(process.env['FUZZ_SEED'] ?? 7)

test.each(fuzzTargets)('$name gives values or clear errors for damaged bytes', (target) => {
  const { decoded, refused, failures } = fuzz(target, { inputs, seed })
  expect({ failures, seed }).toEqual({ failures: [], seed })
  expect(decoded + refused).toBe(inputs)
  expect(decoded).toBeGreaterThan(0)
})

test('what is no clear error is found', () => {
  const broken = (bytes: Buffer): void => {
    if (bytes.length > 3) throw new TypeError('cannot read properties of undefined')
  }
  const { failures } = fuzz(
    { name: 'broken', inputs: [Buffer.from('abc')], decode: broken },
    { inputs: 1000, seed },
  )
  expect(failures[0]).toContain('cannot read properties')
})
