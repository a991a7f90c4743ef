/** Schemas of every kind with values: used here against another codec, and in `test/kafka` against Python's and Java's. */

export interface AvroCase {
  readonly name: string
  readonly schema: unknown
  /** As Weft has them. */
  readonly values: readonly unknown[]
}

export const record = (name: string, fields: readonly unknown[]): unknown => ({
  type: 'record',
  name,
  fields,
})
export const field = (name: string, type: unknown, rest: object = {}): unknown => ({ name, type, ...rest })
export const logical = (type: string, logicalType: string, rest: object = {}): unknown => ({
  type,
  logicalType,
  ...rest,
})

export const tree = record('Tree', [
  field('label', 'string'),
  field('children', { type: 'array', items: 'Tree' }),
  field('parent', ['null', 'Tree'], { default: null }),
])
export const leaf = (label: string): unknown => ({ label, children: [], parent: null })

export const avroCases: readonly AvroCase[] = [
  { name: 'null', schema: 'null', values: [null] },
  { name: 'boolean', schema: 'boolean', values: [true, false] },
  { name: 'int', schema: 'int', values: [0, -1, 1, 63, -64, 64, 8191, -8193, 2_147_483_647, -2_147_483_648] },
  {
    name: 'long',
    schema: 'long',
    values: [
      0,
      -1,
      134_217_727,
      134_217_728,
      -134_217_729,
      2 ** 31,
      -(2 ** 31) - 1,
      2 ** 51,
      2 ** 52 + 1,
      -(2 ** 52) - 3,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      9_007_199_254_740_993n,
      -(2n ** 63n),
      2n ** 63n - 1n,
    ],
  },
  { name: 'float', schema: 'float', values: [0, -0, -1.5, 3.5, Number.POSITIVE_INFINITY, 0.25, Number.NaN] },
  {
    name: 'double',
    schema: 'double',
    values: [0, -0, -0.1, 1e300, Number.MIN_VALUE, Number.NEGATIVE_INFINITY, Number.NaN],
  },
  { name: 'bytes', schema: 'bytes', values: [new Uint8Array(), Uint8Array.of(0, 255, 128)] },
  {
    name: 'string',
    schema: 'string',
    values: [
      '',
      'a',
      'twelve chars',
      'thirteen char',
      'ünïcödé',
      '👍 done',
      'x'.repeat(63),
      'x'.repeat(64),
      'é'.repeat(200),
    ],
  },
  { name: 'fixed', schema: { type: 'fixed', name: 'Four', size: 4 }, values: [Uint8Array.of(1, 2, 3, 4)] },
  {
    name: 'enum',
    schema: { type: 'enum', name: 'Suit', symbols: ['HEARTS', 'SPADES'] },
    values: ['HEARTS', 'SPADES'],
  },
  { name: 'array', schema: { type: 'array', items: 'int' }, values: [[], [1], [1, 2, 3]] },
  { name: 'array of nulls', schema: { type: 'array', items: 'null' }, values: [[null, null]] },
  { name: 'map', schema: { type: 'map', values: ['null', 'long'] }, values: [{}, { a: 1, 'b c': null }] },
  { name: 'nullable', schema: ['null', 'string'], values: [null, 'x'] },
  {
    name: 'union',
    schema: [
      'null',
      'boolean',
      'int',
      'string',
      'bytes',
      { type: 'array', items: 'int' },
      { type: 'map', values: 'int' },
    ],
    values: [null, true, 7, 'x', Uint8Array.of(1), [1], { a: 1 }],
  },
  {
    name: 'union of records',
    schema: [record('A', [field('a', 'int')]), record('B', [field('b', 'int')])],
    values: [{ a: 1 }, { b: 2 }],
  },
  { name: 'uuid', schema: logical('string', 'uuid'), values: ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6'] },
  {
    name: 'decimal',
    schema: logical('bytes', 'decimal', { precision: 20, scale: 2 }),
    values: ['0.00', '12.30', '-12.34', '1.27', '1.28', '-1.29', '123456789012345678.90'],
  },
  {
    name: 'decimal fixed',
    schema: { type: 'fixed', name: 'Money', size: 8, logicalType: 'decimal', precision: 18, scale: 4 },
    values: ['0.0000', '-99999999999999.9999', '1.5000'],
  },
  {
    name: 'big decimal',
    schema: logical('bytes', 'big-decimal'),
    values: [
      '0',
      '12.30',
      '-12.34',
      '0.00',
      '1.2E+4',
      '-1.28E-10',
      '0E+3',
      '123456789012345678901234567890.5',
    ],
  },
  { name: 'date', schema: logical('int', 'date'), values: [0, 19_723, -1] },
  { name: 'time-millis', schema: logical('int', 'time-millis'), values: [0, 86_399_999] },
  { name: 'time-micros', schema: logical('long', 'time-micros'), values: [0, 86_399_999_999] },
  {
    name: 'timestamp-millis',
    schema: logical('long', 'timestamp-millis'),
    values: [0, 1_700_000_000_123, -1],
  },
  { name: 'timestamp-micros', schema: logical('long', 'timestamp-micros'), values: [1_700_000_000_123_456] },
  {
    name: 'timestamp-nanos',
    schema: logical('long', 'timestamp-nanos'),
    values: [1_700_000_000_123_456_789n],
  },
  {
    name: 'local-timestamp-millis',
    schema: logical('long', 'local-timestamp-millis'),
    values: [1_700_000_000_123],
  },
  {
    name: 'local-timestamp-micros',
    schema: logical('long', 'local-timestamp-micros'),
    values: [1_700_000_000_123_456],
  },
  {
    name: 'local-timestamp-nanos',
    schema: logical('long', 'local-timestamp-nanos'),
    values: [1_700_000_000_123_456_789n],
  },
  {
    name: 'duration',
    schema: { type: 'fixed', name: 'Span', size: 12, logicalType: 'duration' },
    values: [{ months: 1, days: 2, milliseconds: 4_294_967_295 }],
  },
  { name: 'ignored logical type', schema: logical('string', 'date'), values: ['x'] },
  {
    name: 'recursion',
    schema: tree,
    values: [leaf('one'), { label: 'two', children: [leaf('a'), leaf('b')], parent: leaf('p') }],
  },
  {
    name: 'namespaces',
    schema: {
      type: 'record',
      name: 'Outer',
      namespace: 'com.example',
      fields: [
        field('inner', { type: 'record', name: 'Inner', fields: [field('x', 'int')] }),
        field('again', 'com.example.Inner'),
        field('short', 'Inner'),
      ],
    },
    values: [{ inner: { x: 1 }, again: { x: 2 }, short: { x: 3 } }],
  },
  { name: 'empty record', schema: record('Nothing', []), values: [{}] },
  {
    name: 'uuid fixed',
    schema: { type: 'fixed', name: 'Uuid', size: 16, logicalType: 'uuid' },
    values: ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  },
  {
    name: 'decimal without decimals',
    schema: logical('bytes', 'decimal', { precision: 38 }),
    values: ['0', '127', '128', '-128', '-129', '99999999999999999999999999999999999999'],
  },
  {
    name: 'decimals, UUIDs and times inside',
    schema: record('Inside', [
      field('list', { type: 'array', items: logical('bytes', 'decimal', { precision: 9, scale: 2 }) }),
      field('map', { type: 'map', values: logical('string', 'uuid') }),
      field('maybe', ['null', logical('long', 'timestamp-micros')]),
      field(
        'inner',
        record('Inner', [
          field('day', logical('int', 'date')),
          field('hour', ['null', logical('int', 'time-millis')]),
        ]),
      ),
      field('deep', {
        type: 'array',
        items: {
          type: 'map',
          values: [
            'null',
            { type: 'fixed', name: 'Fee', size: 4, logicalType: 'decimal', precision: 9, scale: 3 },
          ],
        },
      }),
      field('spans', {
        type: 'array',
        items: ['null', { type: 'fixed', name: 'Lag', size: 12, logicalType: 'duration' }],
      }),
    ]),
    values: [
      {
        list: ['12.30', '-0.01'],
        map: { a: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6' },
        maybe: 1_700_000_000_123_456,
        inner: { day: 19_723, hour: 86_399_999 },
        deep: [{ a: '1.500', b: null }, {}],
        spans: [null, { months: 1, days: 2, milliseconds: 3 }],
      },
      { list: [], map: {}, maybe: null, inner: { day: -1, hour: null }, deep: [], spans: [] },
    ],
  },
  {
    name: 'union of everything with a name',
    schema: [
      'null',
      'long',
      'double',
      { type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'] },
      { type: 'fixed', name: 'Two', size: 2 },
      record('Left', [field('left', 'string')]),
      record('Right', [field('right', ['null', 'Left'])]),
    ],
    values: [
      null,
      2 ** 40,
      1.5,
      'BLUE',
      Uint8Array.of(1, 2),
      { left: 'x' },
      { right: { left: 'y' } },
      { right: null },
    ],
  },
  {
    name: 'records within each other',
    schema: record('Ping', [
      field('number', 'int'),
      field('pong', [
        'null',
        record('Pong', [field('ping', ['null', 'Ping']), field('by_name', { type: 'map', values: 'Ping' })]),
      ]),
    ]),
    values: [
      {
        number: 1,
        pong: {
          ping: { number: 2, pong: null },
          by_name: { x: { number: 3, pong: { ping: null, by_name: {} } } },
        },
      },
    ],
  },
]
