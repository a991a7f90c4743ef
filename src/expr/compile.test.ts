import { expect, test } from 'vitest'
import { rowOfCells, type Row } from '../data/row.ts'
import { compileExpr } from './compile.ts'
import type { Expr } from './expr.ts'

const x: Expr = { kind: 'column', scope: 0, index: 0, name: 'x', type: { kind: 'long' } }
const two: Expr = { kind: 'literal', value: 2, type: { kind: 'int' } }

function rowOf(...cells: readonly unknown[]): Row {
  return rowOfCells(
    cells.map((_, index) => ({ name: `c${index}` })),
    cells,
  )
}

function call(name: string, args: readonly Expr[], kind: 'long' | 'boolean'): Expr {
  return { kind: 'call', function: name, args, type: { kind } }
}

test('computes with whole numbers beyond 2^53', () => {
  const evaluate = compileExpr(call('*', [x, two], 'long'))
  expect(evaluate([rowOf(21)])).toBe(42)
  expect(evaluate([rowOf(2 ** 53 - 1)])).toBe(18014398509481982n)
  expect(() => evaluate([rowOf(2n ** 62n)])).toThrow('a whole number is outside the range of BIGINT')
})

test('reads an absent row and a value of another type as NULL', () => {
  const evaluate = compileExpr(call('is_null', [x], 'boolean'))
  expect(evaluate([undefined])).toBe(true)
  expect(evaluate([rowOf('text')])).toBe(true)
  expect(evaluate([rowOf(1)])).toBe(false)
})

test('reads a span by its parts, and what has others as NULL', () => {
  const evaluate = compileExpr({ ...x, type: { kind: 'interval' } })
  const span = { months: 1, days: 2, micros: 3 }
  expect(evaluate([rowOf(span)])).toBe(span)
  expect(evaluate([rowOf('1 day')])).toEqual({ months: 0, days: 1, micros: 0 })
  expect(evaluate([rowOf({ months: 1, days: 2, milliseconds: 3 })])).toBe(null)
  expect(evaluate([rowOf([1])])).toBe(null)
})

test('follows three-valued logic', () => {
  const greater = call('>', [x, two], 'boolean')
  const unknown: Expr = { kind: 'literal', value: null, type: { kind: 'boolean' } }
  expect(compileExpr(call('and', [greater, unknown], 'boolean'))([rowOf(3)])).toBe(null)
  expect(compileExpr(call('and', [greater, unknown], 'boolean'))([rowOf(1)])).toBe(false)
  expect(compileExpr(call('or', [greater, unknown], 'boolean'))([rowOf(3)])).toBe(true)
  expect(compileExpr(call('or', [unknown, greater], 'boolean'))([rowOf(1)])).toBe(null)
})

test('text of an author never becomes code', () => {
  const hostile = "'); throw new Error('run'); ('\u2028${x}`\\"
  const literal: Expr = { kind: 'literal', value: hostile, type: { kind: 'string' } }
  const column: Expr = { kind: 'column', scope: 0, index: 0, name: hostile, type: { kind: 'string' } }
  const same: Expr = { kind: 'call', function: '=', args: [literal, column], type: { kind: 'boolean' } }
  expect(compileExpr(same)([rowOf(hostile)])).toBe(true)
  expect(() => compileExpr({ ...same, function: 'constructor' })).toThrow('is in the library')
})

test('what is constant is computed once, and fails only where a row needs it', () => {
  const text: Expr = { kind: 'literal', value: 'x', type: { kind: 'string' } }
  const number: Expr = { kind: 'cast', input: text, tolerant: false, type: { kind: 'long' } }
  const unknown: Expr = { kind: 'literal', value: null, type: { kind: 'null' } }
  const guarded: Expr = {
    kind: 'case',
    branches: [{ when: call('>', [x, two], 'boolean'), value: number }],
    otherwise: unknown,
    type: { kind: 'long' },
  }
  expect(compileExpr(guarded)([rowOf(1)])).toBe(null)
  expect(() => compileExpr(guarded)([rowOf(3)])).toThrow('could not convert text to BIGINT')
})
