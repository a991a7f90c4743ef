import { expect, test } from 'vitest'
import { ManualClock } from '../base/manual-clock.ts'
import { rowOfCells } from '../data/row.ts'
import type { DataType } from '../data/types.ts'
import type { Expr } from './expr.ts'
import { locateFailure } from './locate-failure.ts'

const string: DataType = { kind: 'string' }
const number: DataType = { kind: 'int' }
const row = rowOfCells([{ name: 'word' }, { name: 'digits' }], ['x', '7'])
const over = { rows: [row], clock: new ManualClock() }

const column = (index: number): Expr => ({ kind: 'column', scope: 0, index, name: '', type: string })
const cast = (input: Expr): Expr => ({ kind: 'cast', input, tolerant: false, type: number })
const literal = (value: boolean): Expr => ({ kind: 'literal', value, type: { kind: 'boolean' } })
const choose = (when: Expr, value: Expr, otherwise: Expr): Expr => ({
  kind: 'case',
  branches: [{ when, value }],
  otherwise,
  type: number,
})
const [wrong, alsoWrong, right] = [cast(column(0)), cast(column(0)), cast(column(1))]
const sum = (...args: readonly Expr[]): Expr => ({ kind: 'call', function: '+', args, type: number })

test('finds the innermost part that fails', () => {
  expect(locateFailure([right, sum(right, sum(wrong, right))], over)).toBe(wrong)
})

test('finds none where nothing fails', () => {
  expect(locateFailure([right, column(0)], over)).toBeUndefined()
})

test('looks only into the branch that is taken', () => {
  expect(locateFailure([choose(literal(true), alsoWrong, wrong)], over)).toBe(alsoWrong)
  expect(locateFailure([choose(literal(false), alsoWrong, wrong)], over)).toBe(wrong)
  const condition: Expr = { kind: 'call', function: '=', args: [wrong, right], type: { kind: 'boolean' } }
  expect(locateFailure([choose(condition, alsoWrong, alsoWrong)], over)).toBe(wrong)
})

test('names the call itself where its arguments are sound', () => {
  const max: Expr = { kind: 'literal', value: 2147483647, type: number }
  const overflow = sum(max, right)
  expect(locateFailure([sum(right, overflow)], over)).toBe(overflow)
})

test('looks at the time that the expressions saw', async () => {
  const clock = new ManualClock(Date.UTC(1990, 0, 1))
  const now: Expr = { kind: 'call', function: 'now', args: [], type: { kind: 'timestamp' } }
  const later: Expr = {
    kind: 'call',
    function: '>',
    args: [now, { kind: 'literal', value: Date.UTC(2000, 0, 1) * 1000, type: { kind: 'timestamp' } }],
    type: { kind: 'boolean' },
  }
  expect(locateFailure([choose(later, right, wrong)], { rows: [row], clock })).toBe(wrong)
  await clock.advance(20 * 366 * 86_400_000)
  expect(locateFailure([choose(later, right, wrong)], { rows: [row], clock })).toBeUndefined()
})
