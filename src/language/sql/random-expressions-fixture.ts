/** Random SQL expressions that type, as text, over the columns of the table in `random-table-fixture.ts`. */
import * as fc from 'fast-check'

const word = fc.constantFrom("'a'", "'abc'", "'%b%'", "'_b%'", "''", "' '", "'B'", "'é'", "'12'")
const pattern = fc.constantFrom("'a'", "'%b%'", "'_b%'", "'a!%%'", "'!_%'", "'%'", "''")
const expression = fc.constantFrom("'a'", "'^a.c$'", "'[0-9]+'", "'b|x'", "'(a|B)'", "'é'", "''")
const whole = fc.constantFrom('0', '1', '-2', '3', '7', '100')
const parts = fc.constantFrom(
  'year',
  'month',
  'week',
  'dayofyear',
  'isodow',
  'dow',
  'quarter',
  'hour',
  'epoch',
  'day',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'decade',
  'century',
  'isoyear',
)
const units = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const

type Family = 'number' | 'text' | 'truth' | 'time' | 'day' | 'span' | 'texts' | 'numbers' | 'json' | 'small'
type Families = Readonly<Record<Family, fc.Arbitrary<string>>>
type Text = fc.Arbitrary<string>

function call(name: string | readonly string[], ...args: readonly Text[]): Text {
  return fc
    .tuple(typeof name === 'string' ? fc.constant(name) : fc.constantFrom(...name), ...args)
    .map(([of, ...given]) => `${of}(${given.join(', ')})`)
}

function infix(operators: readonly string[], side: Text, other: Text = side): Text {
  return fc.tuple(side, fc.constantFrom(...operators), other).map(([a, o, b]) => `(${a} ${o} ${b})`)
}

function cast(types: readonly string[], value: Text, how = 'CAST'): Text {
  return fc.tuple(fc.constantFrom(...types), value).map(([type, of]) => `${how}(${of} AS ${type})`)
}

/** What works for every type. */
function pick({ truth, number }: Families, value: Text): Text {
  return fc.oneof(
    fc.tuple(truth, value, value).map(([c, a, b]) => `CASE WHEN ${c} THEN ${a} ELSE ${b} END`),
    fc
      .tuple(truth, value, truth, value)
      .map(([c, a, d, b]) => `CASE WHEN ${c} THEN ${a} WHEN ${d} THEN ${b} END`),
    fc
      .tuple(number, whole, value, value)
      .map(([n, w, a, b]) => `CASE ${n} WHEN ${w} THEN ${a} ELSE ${b} END`),
    call(['coalesce', 'nullif'], value, value),
    call('coalesce', value, value, value),
  )
}

/** Of spans DuckDB takes another one for the largest than `>` does. */
function extreme(value: Text): Text {
  return fc.oneof(call(['greatest', 'least'], value, value), call(['greatest', 'least'], value, value, value))
}

const sizes = { depthSize: 'small', withCrossShrink: true } as const

function numbers(families: Families): Text {
  const { number } = families
  return fc.oneof(
    sizes,
    fc.oneof(fc.constantFrom('i', 'b', 'd', 'f', 'm', '0.1', '1.25', '2.0', '1e2'), whole),
    infix(['+', '-', '*', '/', '%', '//'], number),
    infix(['**', '^'], number, fc.constantFrom('0', '1', '2', '-1', '0.5')),
    fc.tuple(fc.constantFrom('-', '+'), number).map(([sign, value]) => `(${sign} ${value})`),
    call(['abs', 'sign', 'round', 'floor', 'ceil', 'ceiling', 'trunc'], number),
    call(['round', 'trunc'], number, fc.constantFrom('0', '1', '2')),
    // Of the largest whole numbers DuckDB's goes round to the smallest.
    call(
      ['round', 'trunc'],
      number.map((value) => `(${value} % 1000000)`),
      fc.constant('-1'),
    ),
    call(
      [
        'sin',
        'cos',
        'tan',
        'atan',
        'exp',
        'radians',
        'degrees',
        'sqrt',
        'cbrt',
        'ln',
        'log',
        'log2',
        'log10',
      ],
      number,
    ),
    call(['asin', 'acos'], number),
    call(['atan2', 'mod', 'divide'], number, number),
    call(['pow', 'power'], number, fc.constantFrom('0', '2', '-1', '0.5')),
    call('log', fc.constantFrom('2', '10'), number),
    fc.constant('pi()'),
    countsOf(families),
    pick(families, number),
    extreme(number),
  )
}

/** Numbers that are made of something else. */
function countsOf({ number, text, time, day, span, texts, numbers, json }: Families): Text {
  return fc.oneof(
    sizes,
    call(['length', 'len', 'strlen', 'char_length', 'character_length'], text),
    call(['strpos', 'instr'], text, word),
    fc.tuple(word, text).map(([part, value]) => `position(${part} IN ${value})`),
    fc.tuple(parts, time).map(([part, value]) => `date_part('${part}', ${value})`),
    fc.tuple(parts, fc.oneof(time, day)).map(([part, value]) => `extract(${part} FROM ${value})`),
    call(
      [
        'year',
        'month',
        'day',
        'quarter',
        'week',
        'decade',
        'century',
        'dayofweek',
        'dayofyear',
        'isodow',
        'isoyear',
      ],
      fc.oneof(time, day),
    ),
    call(['hour', 'minute', 'second', 'millisecond', 'microsecond', 'epoch', 'epoch_ms', 'epoch_us'], time),
    fc
      .tuple(fc.constantFrom(...units), fc.oneof(time, day), fc.constantFrom('t', 'CAST(day AS TIMESTAMP)'))
      .map(([unit, value, to]) => `date_diff('${unit}', CAST(${value} AS TIMESTAMP), ${to})`),
    infix(['-'], day),
    call(['len', 'length'], fc.oneof(texts, numbers)),
    fc.tuple(numbers, whole).map(([list, at]) => `(${list})[${at}]`),
    call('list_extract', numbers, whole),
    cast(['DOUBLE', 'BIGINT'], json, 'TRY_CAST'),
    cast(['INTEGER', 'BIGINT', 'DOUBLE', 'SMALLINT', 'TINYINT', 'DECIMAL(18,3)', 'FLOAT'], number),
    cast(['INTEGER', 'DOUBLE', 'DECIMAL(8,1)', 'SMALLINT'], fc.oneof(text, number), 'TRY_CAST'),
    fc.oneof(call('isnan', number), infix(['<', '='], span)).map((value) => `CAST(${value} AS INTEGER)`),
  )
}

function texts(families: Families): Text {
  const { number, text, truth, time, day, span, texts, numbers, json, small } = families
  return fc.oneof(
    sizes,
    fc.oneof(fc.constantFrom('s', 'u'), word),
    infix(['||'], text),
    infix(['||'], text, fc.constantFrom('i', 'b', 'p', 'm', 'day')),
    call(['upper', 'lower', 'ucase', 'lcase', 'trim', 'ltrim', 'rtrim', 'reverse'], text),
    call(['trim', 'ltrim', 'rtrim'], text, word),
    call(['substr', 'substring'], text, whole),
    call('substr', text, whole, fc.constantFrom('0', '1', '2', '100')),
    call(['left', 'right'], text, small),
    call('replace', text, word, word),
    call('split_part', text, word, whole),
    call(['lpad', 'rpad'], text, fc.constantFrom('0', '2', '5'), word),
    call('repeat', text, fc.constantFrom('0', '1', '2')),
    call('concat', text, fc.constantFrom('i', 'b', 'd', 'm', 'p'), text),
    call('concat_ws', word, text, fc.constantFrom('i', 'b', 'NULL'), text),
    cast(['VARCHAR'], fc.oneof(truth, time, day, span)),
    fc.constantFrom('i', 'b', 'd', 'f', 'm', 't', 'day').map((name) => `CAST(${name} AS VARCHAR)`),
    number.map((value) => `CAST(CAST(${value} AS DECIMAL(18,4)) AS VARCHAR)`),
    fc.tuple(texts, whole).map(([list, at]) => `(${list})[${at}]`),
    call('list_extract', texts, whole),
    fc.tuple(numbers, fc.constantFrom('1', '-1')).map(([list, at]) => `CAST((${list})[${at}] AS VARCHAR)`),
    cast(['VARCHAR'], json),
    fc.constantFrom('k', '$.a.b', '/a/b', '$.a.n[0]', '$[1]').map((path) => `(j ->> '${path}')`),
    pick(families, text),
    extreme(text),
  )
}

function truths(families: Families): Text {
  const { number, text, truth, time, day, span, texts, numbers } = families
  const comparisons = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']
  return fc.oneof(
    sizes,
    fc.constantFrom('p', 'q', 'TRUE', 'FALSE', 'nullif(p, p)'),
    infix(['AND', 'OR'], truth),
    truth.map((value) => `(NOT ${value})`),
    ...[number, text, time, day, span, truth].map((side) => infix(comparisons, side)),
    infix(['<', '>=', '='], day, time),
    fc
      .oneof(...[number, text, time].map((side) => fc.tuple(side, fc.constantFrom('', 'NOT '), side, side)))
      .map(([a, not, b, c]) => `(${a} ${not}BETWEEN ${b} AND ${c})`),
    fc.tuple(number, whole, number).map(([a, b, c]) => `(${a} IN (${b}, ${c}, NULL))`),
    fc
      .tuple(text, fc.constantFrom('IN', 'NOT IN'), word, text)
      .map(([a, o, b, c]) => `(${a} ${o} (${b}, ${c}))`),
    fc
      .tuple(
        text,
        fc.constantFrom('LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'),
        pattern,
        fc.constantFrom('', " ESCAPE '!'"),
      )
      .map(([a, o, b, escape]) => `(${a} ${o} ${b}${escape})`),
    fc
      .tuple(text, fc.constantFrom('SIMILAR TO', 'NOT SIMILAR TO', '~', '!~', '^@'), expression)
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    call(['regexp_matches', 'regexp_full_match'], text, expression),
    fc
      .tuple(fc.oneof(number, text, time, day, span, texts, numbers), fc.constantFrom('', 'NOT '))
      .map(([value, not]) => `(${value} IS ${not}NULL)`),
    fc
      .tuple(truth, fc.constantFrom('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE'))
      .map(([value, what]) => `(${value} IS ${what})`),
    call(['starts_with', 'prefix', 'contains', 'ends_with', 'suffix'], text, word),
    call(['list_contains', 'list_has', 'array_contains', 'array_has'], texts, text),
    call('list_contains', numbers, number),
    fc.tuple(text, texts).map(([value, list]) => `(${value} = ANY(${list}))`),
    call('isnan', number),
    cast(['BOOLEAN'], number),
    cast(['BOOLEAN'], fc.oneof(text, number), 'TRY_CAST'),
    pick(families, truth),
    extreme(truth),
  )
}

function times(families: Families): Text {
  const { time, day, span } = families
  return fc.oneof(
    sizes,
    fc.constantFrom('t', "TIMESTAMP '2024-02-29 23:59:59.5'", 'CAST(day AS TIMESTAMP)'),
    infix(['+', '-'], time, span),
    infix(['+', '-'], day, span),
    fc
      .tuple(
        fc.constantFrom('date_trunc', 'datetrunc'),
        fc.constantFrom(...units, 'decade', 'century'),
        fc.oneof(time, day),
      )
      .map(([name, unit, value]) => `CAST(${name}('${unit}', ${value}) AS TIMESTAMP)`),
    fc.constantFrom('i', 'b % 1000000', '-1').map((micros) => `make_timestamp(CAST(${micros} AS BIGINT))`),
    fc.constantFrom('f', 'i', '1.5').map((seconds) => `CAST(to_timestamp(${seconds}) AS TIMESTAMP)`),
    cast(
      ['TIMESTAMP'],
      fc.constantFrom("'2024-01-02'", "'2024-01-02 03:04:05.678'", "'2024-01-02T03:04:05Z'", 'day'),
    ),
    cast(['TIMESTAMP'], fc.constantFrom('s', 'u', "'2024-13-01'", "'12:00'"), 'TRY_CAST'),
    pick(families, time),
    extreme(time),
  )
}

function days(families: Families): Text {
  const { day, time } = families
  return fc.oneof(
    sizes,
    fc.constantFrom('day', "DATE '2024-02-29'"),
    infix(['+', '-'], day, fc.constantFrom('1', '31', 'CAST(f AS INTEGER)')),
    cast(['DATE'], time),
    fc.constantFrom('make_date(2024, 2, 29)', 'make_date(1999, 12, CAST(abs(f) AS INTEGER) + 1)'),
    pick(families, day),
    extreme(day),
  )
}

function spans(families: Families): Text {
  const { span, small, time } = families
  return fc.oneof(
    sizes,
    fc.constantFrom(
      'span',
      'INTERVAL 1 MONTH',
      'INTERVAL 36 HOUR',
      "INTERVAL '1 year 2 days'",
      "INTERVAL '-3 minutes'",
    ),
    infix(['+', '-'], span),
    infix(['*'], span, fc.constantFrom('2', '0', '-1')),
    call(
      units.filter((unit) => unit !== 'quarter').map((unit) => `to_${unit}s`),
      small.map((value) => `(${value} % 100)`),
    ),
    call(['to_milliseconds', 'to_microseconds'], whole),
    infix(['-'], time),
    pick(families, span),
  )
}

/** Texts of expressions by the family of their type. */
export const expressions = fc.letrec<Record<Family, string>>((tie) => {
  const names = [
    'number',
    'text',
    'truth',
    'time',
    'day',
    'span',
    'texts',
    'numbers',
    'json',
    'small',
  ] as const
  const families = Object.fromEntries(names.map((name) => [name, tie(name)])) as Families
  return {
    small: fc.oneof(whole, fc.constantFrom('i', 'CAST(f AS INTEGER)')),
    number: numbers(families),
    text: texts(families),
    truth: truths(families),
    time: times(families),
    day: days(families),
    span: spans(families),
    texts: fc.oneof(
      sizes,
      fc.constantFrom('tags', "['a', NULL]"),
      fc.tuple(families.text, families.text).map(([a, b]) => `[${a}, ${b}]`),
      call('list_value', families.text),
    ),
    numbers: fc.oneof(
      sizes,
      fc.constantFrom('ns', '[1, NULL, 3]'),
      fc
        .tuple(families.number, families.number)
        .map(([a, b]) => `[CAST(${a} AS DOUBLE), CAST(${b} AS DOUBLE)]`),
    ),
    json: fc.constantFrom(
      'j',
      "(j -> 'k')",
      "(j -> '$.a.b')",
      "(j -> '$.a.n[0]')",
      '(j -> 1)',
      'j.a.b',
      "(j -> 'a' -> 'n')",
    ),
  }
})
