import { expect, test } from 'vitest'
import { parseJson } from './exact-json.ts'

test('a whole number beyond 2^53 is exact wherever it stands', () => {
  for (const digits of [15, 16, 17, 18, 31, 32, 33, 50])
    for (let before = 0; before < 40; before++)
      for (const lead of ['', '123456789012345,', '1,'.repeat(9)]) {
        const number = '9'.repeat(digits)
        const text = `[${lead}"${'x'.repeat(before)}",${number}]`
        const value = (parseJson(text) as unknown[]).at(-1)
        expect(value, text).toBe(digits === 15 ? 999_999_999_999_999 : BigInt(number))
      }
})

test('numbers with a fraction or an exponent are doubles, however long', () => {
  const numbers = ['1234567890123456.5', '1e20', '0.12345678901234567', '1234567890123456']
  expect(parseJson(`[${numbers.join(', ')}]`)).toEqual(numbers.map(Number))
})
