/** Schemas of every kind with values, and pairs of schemas: used here against another codec, and in `test/kafka` against Python's and Java's. */

export interface AvroCase {
  readonly name: string
  readonly schema: unknown
  /** As Weft has them. */
  readonly values: readonly unknown[]
}

const record = (name: string, fields: readonly unknown[]): unknown => ({ type: 'record', name, fields })
const field = (name: string, type: unknown, rest: object = {}): unknown => ({ name, type, ...rest })
const logical = (type: string, logicalType: string, rest: object = {}): unknown => ({
  type,
  logicalType,
  ...rest,
})

const tree = record('Tree', [
  field('label', 'string'),
  field('children', { type: 'array', items: 'Tree' }),
  field('parent', ['null', 'Tree'], { default: null }),
])
const leaf = (label: string): unknown => ({ label, children: [], parent: null })

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
  { name: 'float', schema: 'float', values: [0, -1.5, 3.5, Number.POSITIVE_INFINITY, 0.25] },
  { name: 'double', schema: 'double', values: [0, -0.1, 1e300, Number.MIN_VALUE, Number.NEGATIVE_INFINITY] },
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
]

export interface EvolutionCase {
  readonly name: string
  readonly writer: unknown
  readonly reader: unknown
  readonly value: unknown
  /** What the reader sees; absent where it is incompatible. */
  readonly expected?: unknown
  /** What the error's detail says. */
  readonly error?: RegExp
}

const one = (name: string, type: unknown, rest: object = {}): unknown =>
  record('R', [field(name, type, rest)])
const suit = (symbols: readonly string[], rest: object = {}): unknown => ({
  type: 'enum',
  name: 'Suit',
  symbols,
  ...rest,
})

export const evolutionCases: readonly EvolutionCase[] = [
  { name: 'int to long', writer: 'int', reader: 'long', value: 7, expected: 7 },
  { name: 'int to float', writer: 'int', reader: 'float', value: 7, expected: 7 },
  { name: 'int to double', writer: 'int', reader: 'double', value: 7, expected: 7 },
  { name: 'long to double', writer: 'long', reader: 'double', value: 2 ** 40, expected: 2 ** 40 },
  { name: 'long to float', writer: 'long', reader: 'float', value: 2 ** 40, expected: 2 ** 40 },
  { name: 'float to double', writer: 'float', reader: 'double', value: 1.5, expected: 1.5 },
  {
    name: 'string to bytes',
    writer: 'string',
    reader: 'bytes',
    value: 'é',
    expected: Uint8Array.of(0xc3, 0xa9),
  },
  {
    name: 'bytes to string',
    writer: 'bytes',
    reader: 'string',
    value: Uint8Array.of(0xc3, 0xa9),
    expected: 'é',
  },
  {
    name: 'long to int',
    writer: 'long',
    reader: 'int',
    value: 7,
    error: /written as long and is read as int/,
  },
  {
    name: 'string to int',
    writer: one('a', 'string'),
    reader: one('a', 'int'),
    value: { a: 'x' },
    error: /written as string and is read as int/,
  },
  {
    name: 'a new field with a default',
    writer: one('a', 'int'),
    reader: record('R', [field('a', 'int'), field('b', 'string', { default: 'none' })]),
    value: { a: 1 },
    expected: { a: 1, b: 'none' },
  },
  {
    name: 'a new field without default',
    writer: one('a', 'int'),
    reader: record('R', [field('a', 'int'), field('b', 'string')]),
    value: { a: 1 },
    error: /not written and has no default/,
  },
  {
    name: 'a field that is gone',
    writer: record('R', [
      field('a', 'int'),
      field('b', { type: 'array', items: 'string' }),
      field('c', 'int'),
    ]),
    reader: one('c', 'int'),
    value: { a: 1, b: ['x', 'y'], c: 3 },
    expected: { c: 3 },
  },
  {
    name: 'fields in another order',
    writer: record('R', [field('a', 'int'), field('b', 'int')]),
    reader: record('R', [field('b', 'int'), field('a', 'int')]),
    value: { a: 1, b: 2 },
    expected: { b: 2, a: 1 },
  },
  {
    name: 'a field with an alias',
    writer: one('old', 'int'),
    reader: one('fresh', 'int', { aliases: ['old'] }),
    value: { old: 1 },
    expected: { fresh: 1 },
  },
  {
    name: 'a record with an alias',
    writer: record('Old', [field('a', 'int')]),
    reader: { type: 'record', name: 'New', aliases: ['Old'], fields: [field('a', 'int')] },
    value: { a: 1 },
    expected: { a: 1 },
  },
  {
    name: 'another record',
    writer: record('Old', [field('a', 'int')]),
    reader: record('New', [field('a', 'int')]),
    value: { a: 1 },
    error: /record "Old" and is read as record "New"/,
  },
  {
    name: 'into a union',
    writer: one('a', 'int'),
    reader: one('a', ['null', 'long']),
    value: { a: 1 },
    expected: { a: 1 },
  },
  {
    name: 'out of a union',
    writer: one('a', ['null', 'int']),
    reader: one('a', 'int'),
    value: { a: 1 },
    expected: { a: 1 },
  },
  {
    name: 'out of a union, the wrong branch',
    writer: one('a', ['null', 'int']),
    reader: one('a', 'int'),
    value: { a: null },
    error: /written as null/,
  },
  {
    name: 'union to union',
    writer: ['int', 'string'],
    reader: ['null', 'string', 'long'],
    value: 5,
    expected: 5,
  },
  {
    name: 'a new enum symbol with a default',
    writer: suit(['A', 'B']),
    reader: suit(['A', 'OTHER'], { default: 'OTHER' }),
    value: 'B',
    expected: 'OTHER',
  },
  {
    name: 'a new enum symbol without default',
    writer: suit(['A', 'B']),
    reader: suit(['A']),
    value: 'B',
    error: /no symbol for what was written/,
  },
  {
    name: 'fixed of another size',
    writer: { type: 'fixed', name: 'F', size: 2 },
    reader: { type: 'fixed', name: 'F', size: 3 },
    value: Uint8Array.of(1, 2),
    error: /fixed "F"/,
  },
  {
    name: 'defaults of all kinds',
    writer: record('R', []),
    reader: record('R', [
      field('b', 'bytes', { default: '\u0000ÿ' }),
      field('l', { type: 'array', items: 'int' }, { default: [1, 2] }),
      field('m', { type: 'map', values: 'string' }, { default: { k: 'v' } }),
      field('n', ['null', 'int'], { default: null }),
      field('u', ['string', 'null'], { default: 'x' }),
      field('r', record('Inner', [field('x', 'int', { default: 4 }), field('y', 'int')]), {
        default: { y: 5 },
      }),
      field('e', suit(['A', 'B']), { default: 'B' }),
      field('d', 'double', { default: 1.5 }),
    ]),
    value: {},
    expected: {
      b: Uint8Array.of(0, 255),
      l: [1, 2],
      m: { k: 'v' },
      n: null,
      u: 'x',
      r: { x: 4, y: 5 },
      e: 'B',
      d: 1.5,
    },
  },
  {
    name: 'recursion',
    writer: tree,
    reader: record('Tree', [field('label', 'string'), field('children', { type: 'array', items: 'Tree' })]),
    value: { label: 'a', children: [leaf('b')], parent: null },
    expected: { label: 'a', children: [{ label: 'b', children: [] }] },
  },
]
