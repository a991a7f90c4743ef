import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { SlicedRow } from '../../data/row.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { checkJson } from './scan.ts'

/** Text that is wrong, and the byte at which. */
const wrong: readonly (readonly [text: string, byte: number])[] = [
  ['{"amount":', 10],
  ['{"amount":1,"items":[1,2,{"a":tru}]}', 30],
  ['{"amount":1,"items":[1 2]}', 23],
  ['{"amount":1,"name":"\u0001"}', 20],
  ['{"amount":-}', 10],
  ['{"amount":1} x', 13],
]

const reader = new JsonRowReader([{ name: 'amount', type: { kind: 'any' } }])
const row = new SlicedRow(reader.shape)

function messageOf(read: (buffer: Buffer, start: number, end: number) => void, text: string): string {
  const buffer = Buffer.from(`before${text}behind`)
  try {
    read(buffer, 'before'.length, buffer.length - 'behind'.length)
    return 'nothing is wrong'
  } catch (error) {
    return error instanceof StreamError ? error.message : String(error)
  }
}

test.each(wrong)('says of %s that it is wrong at byte %i of the whole value', (text, byte) => {
  const message = messageOf(checkJson, text)
  expect(message).toMatch(new RegExp(`^value is not JSON: .* at byte ${byte}$`))
  expect(messageOf((buffer, start, end) => reader.read(buffer, start, end, row), text)).toBe(message)
})
