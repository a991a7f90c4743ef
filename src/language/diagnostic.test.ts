import { describe, expect, test } from 'vitest'
import { StreamError } from '../base/errors.ts'
import { Diagnostics, nearest, renderDiagnostic, suggest } from './diagnostic.ts'

const source = 'a: 1\n    join:\n      with: customers\n      on: customer_id\n'
const span = { file: 'orders.yaml', line: 3, column: 13, length: 9 }

describe('renderDiagnostic', () => {
  test('shows place, message, three lines with carets, detail and hint', () => {
    const text = renderDiagnostic(
      {
        severity: 'error',
        code: 'JOIN_NOT_COPARTITIONED',
        message: 'could not join stream "orders" with table "customers"',
        detail: 'Stream "orders" has 6 partitions.',
        hint: 'Repartition it.',
        span,
      },
      source,
    )
    expect(text).toBe(
      `orders.yaml:3:13  error  JOIN_NOT_COPARTITIONED
could not join stream "orders" with table "customers"

  2 |     join:
  3 |       with: customers
    |             ^^^^^^^^^
  4 |       on: customer_id

Stream "orders" has 6 partitions.
Hint: Repartition it.`,
    )
  })

  test('shows characters that steer a terminal as what they are not', () => {
    const text = renderDiagnostic(
      {
        severity: 'error',
        code: 'NAME_NOT_FOUND',
        message: 'no "\u001B[2J"',
        span: { ...span, line: 1, column: 3 },
      },
      'a:\tx\u001B[2J\u0007\u009B\u202E\r\n',
    )
    expect(text).toBe(`orders.yaml:1:3  error  NAME_NOT_FOUND
no "\uFFFD[2J"

  1 | a: x\uFFFD[2J\uFFFD\uFFFD\uFFFD
    |   ^^^^^^^^^`)
  })

  test('marks the end of a line that is shorter than the span', () => {
    const text = renderDiagnostic(
      {
        severity: 'warning',
        code: 'YAML_INVALID',
        message: 'm',
        span: { ...span, line: 1, column: 4, length: 50 },
      },
      source,
    )
    expect(text).toContain('  1 | a: 1\n    |    ^\n  2 |')
  })

  test('shows the marked part of a very long line', () => {
    const long = `${'x'.repeat(300)}HERE${'y'.repeat(300)}`
    const text = renderDiagnostic(
      {
        severity: 'error',
        code: 'SQL_INVALID',
        message: 'm',
        span: { file: 'f', line: 1, column: 301, length: 4 },
      },
      long,
    )
    const [line = '', carets = ''] = text.split('\n').slice(3)
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE')
    expect(line.length).toBeLessThan(120)
  })

  test('leaves the excerpt out where the file has no such line', () => {
    expect(
      renderDiagnostic(
        { severity: 'error', code: 'YAML_INVALID', message: 'm', span: { ...span, line: 99 } },
        '',
      ),
    ).toBe('orders.yaml:99:13  error  YAML_INVALID\nm')
  })
})

describe('Diagnostics', () => {
  test('lists problems in the order of the file', () => {
    const problems = new Diagnostics()
    problems.warn('TYPE_INVALID', 'second', { ...span, line: 9 })
    problems.error('TYPE_INVALID', 'first', span)
    expect(problems.list().map((item) => item.message)).toEqual(['first', 'second'])
  })

  test('fails only when there is an error', () => {
    const problems = new Diagnostics()
    problems.warn('TYPE_INVALID', 'w', span)
    expect(problems.failed).toBe(false)
    problems.error('TYPE_INVALID', 'e', span)
    expect(problems.failed).toBe(true)
  })

  test('keeps an error meant for the author, and passes one of ours on', () => {
    const problems = new Diagnostics()
    problems.addThrown(new StreamError('TYPE_INVALID', 'm', { hint: 'h' }), span)
    expect(problems.list()).toEqual([
      { severity: 'error', code: 'TYPE_INVALID', message: 'm', hint: 'h', span },
    ])
    expect(() => problems.addThrown(new StreamError('INVARIANT_BROKEN', 'x'), span)).toThrow('x')
  })

  test('keeps once what is found again at the same place', () => {
    const problems = new Diagnostics()
    for (const column of [1, 1, 2]) problems.error('TYPE_INVALID', 'm', { ...span, column })
    expect(problems.list().map((problem) => problem.span.column)).toEqual([1, 2])
    expect(problems.errorCount).toBe(2)
  })

  test('counts what is beyond its bound', () => {
    const problems = new Diagnostics()
    for (let count = 0; count < 205; count++) problems.error('TYPE_INVALID', `m ${count}`, span)
    expect([problems.list().length, problems.droppedCount]).toEqual([200, 5])
  })
})

describe('nearest', () => {
  test.each([
    ['fliter', 'filter'],
    ['Filter', 'filter'],
    ['mapvalue', 'mapValue'],
    ['xyz', undefined],
    ['', undefined],
  ])('finds for %j the word %j', (word, expected) => {
    expect(nearest(word, ['filter', 'mapValue', 'merge'])).toBe(expected)
  })

  test('lists the words where none is near', () => {
    expect(suggest('xyz', ['a1', 'b2'], 'tables')).toBe('Use one of the tables: a1, b2.')
    expect(suggest('xyz', [], 'tables')).toBe('There are no tables here.')
  })
})
