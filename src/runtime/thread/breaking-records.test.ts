import { expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import type { RawRecord } from '../../process/environment.ts'
import { newRawRecord } from '../task/raw-record.ts'
import { BreakingRecords } from './breaking-records.ts'

const policies = { decode: 'skip', function: 'skip', encode: 'skip', produce: 'skip' } as const
const broken = new StreamError('INTERPRETER_FAILED', 'the interpreter has failed', { detail: 'Too deep.' })
const record = (offset: number, partition = 0): RawRecord => ({
  ...newRawRecord(),
  topic: 'input',
  partition,
  offset,
})

/** The next life's, in another thread. */
function after(lives: readonly RawRecord[]): BreakingRecords {
  let records = new BreakingRecords([], () => {})
  for (const raw of lives) {
    expect(records.judge(raw, broken, policies)).toBe(broken)
    records = new BreakingRecords(structuredClone(records.all), () => {})
  }
  return records
}

test('a record that broke two interpreters is not let in again, and no other is kept out', () => {
  const taken: number[][] = []
  const accept = ({ partition, offset }: RawRecord): void => void taken.push([partition, offset])
  const guarded = after([record(7), record(8), record(7)]).guard(accept)
  expect(() => guarded(record(7))).toThrow(
    expect.objectContaining({
      code: 'FUNCTION_FAILED',
      detail: 'Too deep. A new interpreter broke at the same record.',
    }),
  )
  for (const raw of [record(8), record(7, 1), record(9)]) guarded(raw)
  expect(taken).toEqual([
    [0, 8],
    [1, 7],
    [0, 9],
  ])
})

test('where nothing is kept out, records pay for no question', () => {
  const accept = (): void => {}
  expect(after([record(7)]).guard(accept)).toBe(accept)
})

test('other failures are what they are, and nothing is kept in mind of them', () => {
  const records = after([])
  const failed = new StreamError('FUNCTION_FAILED', 'no')
  expect(records.judge(record(1), failed, policies)).toBe(failed)
  expect(records.all).toEqual([])
})

test('of many records, the newest are kept in mind', () => {
  const records = new BreakingRecords([], () => {})
  for (let offset = 0; offset < 1001; offset++) records.judge(record(offset), broken, policies)
  expect([records.all.length, records.all[0]?.offset]).toEqual([1000, 1])
})
