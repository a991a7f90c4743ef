/** Pairs of Avro schemas, each with a value: readable, or an error that names what is wrong. */
import { field, leaf, logical, record, tree } from './corpus-fixture.ts'

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
const decimal = (precision: number, scale: number): unknown =>
  logical('bytes', 'decimal', { precision, scale })
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
  {
    name: 'a decimal of more digits',
    writer: decimal(9, 2),
    reader: ['null', decimal(12, 2)],
    value: '12.30',
    expected: '12.30',
  },
  {
    name: 'a decimal of another scale',
    writer: one('a', decimal(9, 2)),
    reader: one('a', ['null', decimal(12, 4)]),
    value: { a: '12.30' },
    error: /written as bytes \(decimal\(9, 2\)\) and is read as bytes \(decimal\(12, 4\)\)/,
  },
  {
    name: 'a decimal of another scale, in one branch',
    writer: ['null', decimal(9, 2)],
    reader: ['null', decimal(9, 3)],
    value: '12.30',
    error: /written as bytes \(decimal\(9, 2\)\)/,
  },
  {
    name: 'plain bytes as a decimal',
    writer: 'bytes',
    reader: decimal(9, 2),
    value: Uint8Array.of(4, 206),
    expected: '12.30',
  },
  {
    name: 'milliseconds to microseconds',
    writer: logical('long', 'timestamp-millis'),
    reader: logical('long', 'timestamp-micros'),
    value: 1_700_000_000_123,
    error: /written as long \(timestamp-millis\) and is read as long \(timestamp-micros\)/,
  },
  {
    name: 'a date to a timestamp',
    writer: logical('int', 'date'),
    reader: logical('long', 'timestamp-millis'),
    value: 19_723,
    error: /written as int \(date\) and is read as long \(timestamp-millis\)/,
  },
  {
    name: 'a time to a local one',
    writer: logical('long', 'timestamp-millis'),
    reader: logical('long', 'local-timestamp-millis'),
    value: 1_700_000_000_123,
    expected: 1_700_000_000_123,
  },
  {
    name: 'a UUID to text',
    writer: logical('string', 'uuid'),
    reader: 'string',
    value: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    expected: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  },
  {
    name: 'wider items, in lists, maps and unions',
    writer: record('R', [
      field('l', { type: 'array', items: 'int' }),
      field('m', { type: 'map', values: 'int' }),
      field('u', ['null', record('Old', [field('x', 'int')])]),
    ]),
    reader: record('R', [
      field('l', { type: 'array', items: ['null', 'double'] }),
      field('m', { type: 'map', values: 'long' }),
      field('u', [
        { type: 'record', name: 'New', aliases: ['Old'], fields: [field('y', 'long', { aliases: ['x'] })] },
        'null',
      ]),
    ]),
    value: { l: [1, 2], m: { k: 3 }, u: { x: 4 } },
    expected: { l: [1, 2], m: { k: 3 }, u: { y: 4 } },
  },
  {
    name: 'an enum and a fixed with aliases',
    writer: record('R', [field('e', suit(['A'])), field('f', { type: 'fixed', name: 'F', size: 1 })]),
    reader: record('R', [
      field('e', { type: 'enum', name: 'Colour', aliases: ['Suit'], symbols: ['A', 'B'] }),
      field('f', { type: 'fixed', name: 'G', aliases: ['F'], size: 1 }),
    ]),
    value: { e: 'A', f: Uint8Array.of(7) },
    expected: { e: 'A', f: Uint8Array.of(7) },
  },
  {
    name: 'a list to a map',
    writer: { type: 'array', items: 'int' },
    reader: { type: 'map', values: 'int' },
    value: [1],
    error: /written as array of int and is read as map of int/,
  },
]
