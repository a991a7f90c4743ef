import { expect, test } from 'vitest'
import { parseDurationMs } from './duration.ts'

test.each(['99999999999999999999h', '36500001d', `${2 ** 53}`, '9'.repeat(400), `${'9'.repeat(400)}h`])(
  'a duration of %s is longer than times can be added to',
  (text) => {
    expect(() => parseDurationMs(text)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        message: `"${text}" is longer than a duration may be`,
        hint: 'Write at most "36500000d", which is 100,000 years.',
      }),
    )
  },
)

test('the longest one can be added to a time twice, and no millisecond is lost', () => {
  const longestMs = parseDurationMs('36500000d')
  expect(Number.isSafeInteger(Date.UTC(2100, 0) + 2 * longestMs)).toBe(true)
})
