import type { OracleTable } from './oracle-fixture.ts'
import { columns } from './query-fixture.ts'

/** A column of each type that expressions compute with, and values at which they differ. */
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
    span: 'interval',
    tags: { kind: 'list', of: { kind: 'string' } },
    ns: { kind: 'list', of: { kind: 'long' } },
    j: 'any',
  }),
  // oxfmt-ignore
  rows: [
    [1, 10, 1.5, 0.5, 12.34, 'abc', 'Ünï', true, false, '2024-05-31 12:34:56.789', '2024-02-29',
      '1 day 02:00:00', ['a', 'abc'], [1, 2, 3], { a: { b: 'x', n: [1, 2.5] }, k: true }],
    [0, -7, -0.25, 2.25, -0.05, '', ' a b ', false, true, '2023-12-31 23:59:59', '2023-01-01',
      '-3 months', ['', ' '], [-7], { a: { b: 12, n: [] }, k: '7' }],
    [-3, 9007199254740993n, 1e10, -1.5, 99.99, 'a%b_c', '12', true, null, '1969-07-20 20:17:40', '1999-12-31',
      '00:00:00', [null, 'é'], [9007199254740993n, null], { a: 'text' }],
    [null, 3, null, null, null, null, 'x', null, true, null, null, null, null, null, null],
    [2147483647, 0, 0, 0, 0, 'ABC', '👍🏽é', false, false, '2024-12-30 00:00:00', '2024-12-30',
      '1 year 2 months 31 days 23:59:59.5', [], [], [1, 'two', { b: 'three' }]],
  ],
}
