/** Random SQL expressions that type, as text, over the columns of {@link randomTable}. */
import * as fc from 'fast-check'
import type { OracleTable } from './oracle-fixture.ts'
import { columns } from './query-fixture.ts'

export const randomTable: OracleTable = {
  columns: columns({
    i: 'int',
    b: 'long',
    d: 'double',
    f: 'float',
    m: { kind: 'decimal', precision: 9, scale: 2 },
    s: 'string',
    u: 'string',
    p: 'boolean',
    q: 'boolean',
    t: 'timestamp',
    day: 'date',
  }),
  rows: [
    [1, 10, 1.5, 0.5, 12.34, 'abc', 'Ünï', true, false, '2024-05-31 12:34:56.789', '2024-02-29'],
    [0, -7, -0.25, 2.25, -0.05, '', ' a b ', false, true, '2023-12-31 23:59:59', '2023-01-01'],
    [
      -3,
      9007199254740993n,
      1e10,
      -1.5,
      99.99,
      'a%b_c',
      '12',
      true,
      null,
      '1969-07-20 20:17:40',
      '1999-12-31',
    ],
    [null, 3, null, null, null, null, 'x', null, true, null, null],
    [2147483647, 0, 0, 0, 0, 'ABC', '👍🏽é', false, false, '2024-12-30 00:00:00', '2024-12-30'],
  ],
}

const word = fc.constantFrom("'a'", "'abc'", "'%b%'", "'_b%'", "''", "' '", "'B'", "'é'", "'12'")
const whole = fc.constantFrom('0', '1', '-2', '3', '7', '100')

type Family = 'number' | 'text' | 'truth' | 'time' | 'small'
type Families = Readonly<Record<Family, fc.Arbitrary<string>>>

function call(name: string, ...args: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...args).map((parts) => `${name}(${parts.join(', ')})`)
}

function infix(operators: readonly string[], side: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(side, fc.constantFrom(...operators), side).map(([a, o, b]) => `(${a} ${o} ${b})`)
}

/** What works for every type. */
function pick(truth: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(truth, value, value).map(([c, a, b]) => `CASE WHEN ${c} THEN ${a} ELSE ${b} END`),
    ...['coalesce', 'nullif', 'greatest', 'least'].map((name) => call(name, value, value)),
  )
}

function numbers({ number, text, truth, time }: Families): fc.Arbitrary<string> {
  return fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('i', 'b', 'd', 'f', 'm', '0.1', '1.25', '2.0', '1e2'), whole),
    infix(['+', '-', '*', '/', '%', '//'], number),
    fc.tuple(fc.constantFrom('-', '+'), number).map(([sign, value]) => `(${sign} ${value})`),
    call('abs', number),
    call('sign', number),
    call('round', number),
    call('round', number, fc.constantFrom('0', '1', '2', '-1')),
    fc.constantFrom('floor', 'ceil', 'trunc').chain((name) => call(name, number)),
    fc
      .constantFrom('sin', 'cos', 'atan', 'exp', 'radians', 'degrees', 'sqrt', 'ln')
      .chain((name) => call(name, number)),
    call('atan2', number, number),
    call('mod', number, number),
    fc.constantFrom('length', 'strlen').chain((name) => call(name, text)),
    call('strpos', text, word),
    fc
      .constantFrom('year', 'month', 'week', 'dayofyear', 'isodow', 'dow', 'quarter', 'hour', 'epoch')
      .chain((part) => time.map((value) => `date_part('${part}', ${value})`)),
    time.map((value) => `date_diff('day', ${value}, t)`),
    fc
      .tuple(fc.constantFrom('INTEGER', 'BIGINT', 'DOUBLE', 'SMALLINT', 'DECIMAL(18,3)', 'FLOAT'), number)
      .map(([type, value]) => `CAST(${value} AS ${type})`),
    fc
      .tuple(fc.constantFrom('INTEGER', 'DOUBLE', 'DECIMAL(8,1)'), text)
      .map(([type, value]) => `TRY_CAST(${value} AS ${type})`),
    pick(truth, number),
  )
}

function texts({ text, truth, time, small }: Families): fc.Arbitrary<string> {
  return fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('s', 'u'), word),
    infix(['||'], text),
    fc.constantFrom('upper', 'lower', 'trim', 'ltrim', 'rtrim', 'reverse').chain((name) => call(name, text)),
    call('trim', text, word),
    call('substr', text, whole),
    call('substr', text, whole, fc.constantFrom('0', '1', '2', '100')),
    fc.constantFrom('left', 'right').chain((name) => call(name, text, small)),
    call('replace', text, word, word),
    call('split_part', text, word, whole),
    call('lpad', text, fc.constantFrom('0', '2', '5'), word),
    call('concat', text, fc.constantFrom('i', 'b', 'd', 'm', 'p'), text),
    truth.map((value) => `CAST(${value} AS VARCHAR)`),
    fc.constantFrom('i', 'b', 'd', 'f', 'm', 't', 'day').map((name) => `CAST(${name} AS VARCHAR)`),
    time.map((value) => `CAST(${value} AS VARCHAR)`),
    pick(truth, text),
  )
}

function truths({ number, text, truth, time }: Families): fc.Arbitrary<string> {
  return fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('p', 'q', 'TRUE', 'FALSE', 'nullif(p, p)'),
    infix(['AND', 'OR'], truth),
    truth.map((value) => `(NOT ${value})`),
    infix(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'], number),
    infix(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM'], text),
    infix(['=', '<', '>='], time),
    fc.tuple(number, number, number).map(([a, b, c]) => `(${a} BETWEEN ${b} AND ${c})`),
    fc.tuple(number, whole, number).map(([a, b, c]) => `(${a} IN (${b}, ${c}, NULL))`),
    fc.tuple(text, word, word).map(([a, b, c]) => `(${a} NOT IN (${b}, ${c}))`),
    fc.tuple(text, fc.constantFrom('LIKE', 'NOT LIKE', 'ILIKE'), word).map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc.oneof(number, text, time).map((value) => `(${value} IS NULL)`),
    fc.constantFrom('starts_with', 'contains', 'ends_with').chain((name) => call(name, text, word)),
    number.map((value) => `CAST(${value} AS BOOLEAN)`),
  )
}

function times({ truth, time }: Families): fc.Arbitrary<string> {
  return fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('t', "TIMESTAMP '2024-02-29 23:59:59.5'", 'CAST(day AS TIMESTAMP)'),
    fc
      .tuple(
        time,
        fc.constantFrom('+', '-'),
        fc.constantFrom('INTERVAL 1 MONTH', 'INTERVAL 36 HOUR', "INTERVAL '1 year 2 days'"),
      )
      .map(([value, sign, span]) => `(${value} ${sign} ${span})`),
    fc
      .tuple(fc.constantFrom('year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'), time)
      .map(([part, value]) => `CAST(date_trunc('${part}', ${value}) AS TIMESTAMP)`),
    pick(truth, time),
  )
}

/** Texts of expressions by the family of their type. */
export const expressions = fc.letrec<Record<Family, string>>((tie) => {
  const families: Families = {
    number: tie('number'),
    text: tie('text'),
    truth: tie('truth'),
    time: tie('time'),
    small: tie('small'),
  }
  return {
    small: fc.oneof(whole, fc.constantFrom('i', 'CAST(f AS INTEGER)')),
    number: numbers(families),
    text: texts(families),
    truth: truths(families),
    time: times(families),
  }
})
