import { expect, test } from 'vitest'
import { withoutCells } from './without-cells.ts'

test.each([
  {
    said: 'Conversion Error: CSV Error on Line: 30002\nOriginal Line: x,secret\nError when converting column "id". Could not convert string "secret" to \'BIGINT\'\n\nColumn id is being converted',
    shown: 'Conversion Error: CSV Error on Line: 30002, column "id" is no BIGINT',
  },
  {
    said: 'Conversion Error: invalid timestamp field format: "secret "day"\nsecret", expected format is (YYYY-MM-DD)\n\nLINE 1: SELECT "at"',
    shown: 'Conversion Error: invalid timestamp field format: …, expected format is (YYYY-MM-DD)',
  },
  {
    said: `Conversion Error: Could not convert string '{"secret":1}' to DOUBLE\n\nLINE 1: 'x'`,
    shown: 'Conversion Error: Could not convert string … to DOUBLE',
  },
  {
    said: "Conversion Error: Type DOUBLE with value 1e+20 can't be cast because the value is out of range",
    shown: "Conversion Error: Type DOUBLE can't be cast because the value is out of range",
  },
  {
    said: 'Invalid Input Error: Malformed JSON in file "/data/a.jsonl", at byte 6 in line 3: unexpected character. \n',
    shown:
      'Invalid Input Error: Malformed JSON in file "/data/a.jsonl", at byte 6 in line 3: unexpected character.',
  },
])('what stands in a file is not in "$shown"', ({ said, shown }) => {
  expect(withoutCells(said, '/data/a.jsonl')).toBe(shown)
})
