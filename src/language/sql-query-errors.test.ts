import { expect, test } from 'vitest'
import { catalogOf, columns, plan, type PipelineFixture } from './sql/query-fixture.ts'

const catalog = catalogOf({
  flights: columns({ id: 'string', origin: 'string', delay: 'long', day: 'date' }),
  airports: columns({ iata: 'string', name: 'string', zone: 'long' }),
  'shop.orders': columns({ id: 'string', total: 'double' }),
})
const lookup = { airports: 'lookup' } as const

async function errorsOf(
  query: string,
  more: Omit<PipelineFixture, 'query'> = { dimensions: lookup },
): Promise<string> {
  const planned = await plan({ query, ...more }, catalog)
  expect(planned.plan).toBeUndefined()
  return planned.text
}

test('names every unknown column, function and alias at once, with the nearest known', async () => {
  const query = 'SELECT f.idd, upperr(f.origin) AS u, g.id\nFROM flights f\nWHERE f.dela > 3'
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:10  error  NAME_NOT_FOUND
    column "idd" is not in topic "flights"

      2 | query: |
      3 |   SELECT f.idd, upperr(f.origin) AS u, g.id
        |          ^^^^^
      4 |   FROM flights f

    Hint: Did you mean "id"?

    pipeline.yaml:3:17  error  NAME_NOT_FOUND
    function "upperr" does not exist

      2 | query: |
      3 |   SELECT f.idd, upperr(f.origin) AS u, g.id
        |                 ^^^^^^
      4 |   FROM flights f

    Hint: Did you mean "upper"?

    pipeline.yaml:3:40  error  NAME_NOT_FOUND
    "g" is not a topic or an alias here

      2 | query: |
      3 |   SELECT f.idd, upperr(f.origin) AS u, g.id
        |                                        ^^^^
      4 |   FROM flights f

    Hint: Did you mean "f"?

    pipeline.yaml:5:9  error  NAME_NOT_FOUND
    column "dela" is not in topic "flights"

      4 |   FROM flights f
      5 |   WHERE f.dela > 3
        |         ^^^^^^

    Hint: Did you mean "delay"?"
  `)
})

test('names every wrong type at once, at the innermost expression', async () => {
  const query = "SELECT delay + origin AS x, lower(5) AS y, day > 'soon' AS z\nFROM flights"
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:16  error  TYPE_INVALID
    "+" does not take (BIGINT, VARCHAR)

      2 | query: |
      3 |   SELECT delay + origin AS x, lower(5) AS y, day > 'soon' AS z
        |                ^
      4 |   FROM flights

    Hint: Cast an argument to a fitting type, for example with CAST(… AS DOUBLE).

    pipeline.yaml:3:31  error  TYPE_INVALID
    "lower" does not take (INTEGER)

      2 | query: |
      3 |   SELECT delay + origin AS x, lower(5) AS y, day > 'soon' AS z
        |                               ^^^^^
      4 |   FROM flights

    Hint: Cast an argument to a fitting type, for example with CAST(… AS DOUBLE).

    pipeline.yaml:3:52  error  TYPE_INVALID
    could not convert text to DATE

      2 | query: |
      3 |   SELECT delay + origin AS x, lower(5) AS y, day > 'soon' AS z
        |                                                    ^^^^^^
      4 |   FROM flights

    Hint: Write a value of DATE, or cast what it is compared or computed with."
  `)
})

test('points behind letters of several bytes, comments and quoted topics', async () => {
  const query = "SELECT 'é👍' AS e, /* FROM x */ o.idd\nFROM shop.orders o"
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:35  error  NAME_NOT_FOUND
    column "idd" is not in topic "shop.orders"

      2 | query: |
      3 |   SELECT 'é👍' AS e, /* FROM x */ o.idd
        |                                   ^^^^^
      4 |   FROM shop.orders o

    Hint: Did you mean "id"?"
  `)
})

test('says where the syntax breaks', async () => {
  expect(await errorsOf('SELECT id,, delay FROM flights')).toMatchInlineSnapshot(`
    "pipeline.yaml:3:13  error  SQL_INVALID
    syntax error at or near ","

      2 | query: |
      3 |   SELECT id,, delay FROM flights
        |             ^

    Hint: Look for a missing comma, quote or parenthesis before this place; a reserved word that is a name stands in double quotes."
  `)
})

test('asks for quotes around a topic with a dash', async () => {
  expect(await errorsOf('SELECT id FROM my-flights')).toMatchInlineSnapshot(`
    "pipeline.yaml:3:20  error  SQL_INVALID
    syntax error at or near "-"

      2 | query: |
      3 |   SELECT id FROM my-flights
        |                    ^

    Hint: A topic name with a dash stands in double quotes: FROM "my-topic"."
  `)
})

test('refuses each clause that a stream cannot have yet', async () => {
  const query =
    'SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3'
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:10  error  SQL_NOT_SUPPORTED
    DISTINCT is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |          ^^^^^^^^

    Hint: Leave it out, or do it in a pipeline of a definition that reads the output of this query.

    pipeline.yaml:3:27  error  SQL_NOT_SUPPORTED
    aggregate function "count" is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |                           ^^^^^

    Hint: Aggregate in a pipeline of a definition, with groupByKey and count, reduce or aggregate.

    pipeline.yaml:3:54  error  SQL_NOT_SUPPORTED
    GROUP BY is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |                                                      ^^^^^

    Hint: Leave it out, or do it in a pipeline of a definition that reads the output of this query.

    pipeline.yaml:3:70  error  SQL_NOT_SUPPORTED
    HAVING is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |                                                                      ^^^^^^

    Hint: Leave it out, or do it in a pipeline of a definition that reads the output of this query.

    pipeline.yaml:3:83  error  SQL_NOT_SUPPORTED
    ORDER BY is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |                                                                                   ^^^^^

    Hint: Leave it out, or do it in a pipeline of a definition that reads the output of this query.

    pipeline.yaml:3:94  error  SQL_NOT_SUPPORTED
    LIMIT is not supported yet

      2 | query: |
      3 |   SELECT DISTINCT origin, count(*) AS n FROM flights GROUP BY origin HAVING n > 1 ORDER BY 1 LIMIT 3
        |                                                                                              ^^^^^

    Hint: Leave it out, or do it in a pipeline of a definition that reads the output of this query."
  `)
})

test('refuses a join that waits by what is looked up behind it', async () => {
  const query =
    'SELECT f.id FROM flights f JOIN shop.orders o ON o.id = f.id JOIN airports a ON a.iata = o.id JOIN flights g ON g.origin = a.name'
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:97  error  SQL_NOT_SUPPORTED
    the join with "flights" reads "airports", which is looked up behind it

      2 | query: |
      3 |   SELECT f.id FROM flights f JOIN shop.orders o ON o.id = f.id JOIN airports a ON a.iata = o.id JOIN flights g
        |                                                                                                 ^^^^

    "airports" is looked up by columns of a joined row, so not before all that is waited for has been joined.
    Hint: Look "airports" up by columns of "f", declare it without "join: lookup", or join "flights" in a second query that reads the output of this one."
  `)
})

const moving =
  'SELECT a.iata FROM airports a LEFT JOIN airports b ON a.iata = b.name LEFT JOIN flights f ON b.iata = f.origin LEFT JOIN airports c ON a.name = c.iata'

test('refuses to keep rows for ever: of a dimension behind a join by the row of another, with a driving one', async () => {
  expect(await errorsOf(moving, { dimensions: { airports: 'input' } })).toMatchInlineSnapshot(`
    "pipeline.yaml:3:114  error  SQL_NOT_SUPPORTED
    dimension "airports" drives, and "c" is joined behind "f", which is joined by columns of "b"

      2 |
      3 |  b.iata = f.origin LEFT JOIN airports c ON a.name = c.iata
        |                    ^^^^

    Under "immediate" a row of "c" stays with what it was joined with, also when a row of "b" moves that to another key; without a time-to-live of the driver it would be remembered for ever.
    Hint: Join "c" before "f", emit "smart", or begin FROM with an event topic."
  `)
})

test('takes it where no row is kept, and a driving dimension joined by columns of an event', async () => {
  const dimensions = { airports: 'input' } as const
  const smart = await plan({ query: moving, dimensions, emission: 'smart' }, catalog)
  expect(smart.text).toBe('')
  const query =
    'SELECT a.iata FROM airports a LEFT JOIN flights f ON a.iata = f.origin LEFT JOIN airports b ON f.id = b.iata'
  expect((await plan({ query, dimensions }, catalog)).text).toBe('')
})

test('refuses a look-up that drives a join that waits', async () => {
  const query = 'SELECT a.iata FROM airports a LEFT JOIN flights f ON a.iata = f.origin'
  expect(await errorsOf(query)).toMatchInlineSnapshot(`
    "pipeline.yaml:3:22  error  SQL_NOT_SUPPORTED
    look-up "airports" drives a join

      2 | query: |
      3 |   SELECT a.iata FROM airports a LEFT JOIN flights f ON a.iata = f.origin
        |                      ^^^^^^^^

    Hint: Begin FROM with an event topic, or declare it without "join: lookup"."
  `)
})

test('names the nearest output column of one that is required', async () => {
  const query = 'SELECT f.id, a.name FROM flights f LEFT JOIN airports a ON a.iata = f.origin'
  const more = { dimensions: { airports: 'input' }, emission: 'smart', require: ['nam'] } as const
  expect(await errorsOf(query, more)).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1  error  NAME_NOT_FOUND
    required column "nam" is not an output column of the query

      1 | name: enriched
        | ^^^^
      2 | query: |

    Hint: Did you mean "name"?"
  `)
})

test('refuses a join without a key', async () => {
  expect(await errorsOf('SELECT f.id FROM flights f JOIN airports a ON f.delay > a.zone'))
    .toMatchInlineSnapshot(`
      "pipeline.yaml:3:57  error  SQL_NOT_SUPPORTED
      the join with "a" has no key

        2 | query: |
        3 |   SELECT f.id FROM flights f JOIN airports a ON f.delay > a.zone
          |                                                         ^

      A join needs an equality between something of "a" alone and something of the tables before it.
      Hint: Write for example: ON f.id = a.id, and further conditions with AND."
    `)
})

test('names the nearest column of one in USING', async () => {
  expect(await errorsOf('SELECT f.id FROM flights f JOIN airports a USING (ita)')).toMatch(
    /column "ita" of USING is not in topic "airports"[^]*Hint: Did you mean "iata"[?]/,
  )
})

test('refuses a join whose key would change with the time', async () => {
  const query = "SELECT f.id FROM flights f JOIN airports a ON f.delay = a.zone + date_part('year', now())"
  expect(await errorsOf(query)).toMatch(/the join with "a" has no key[^]*now\(\) is no part of it/)
})

test('refuses a join of text with numbers', async () => {
  expect(await errorsOf('SELECT f.id FROM flights f JOIN airports a ON f.origin = a.zone'))
    .toMatchInlineSnapshot(`
      "pipeline.yaml:3:58  error  TYPE_INVALID
      the join compares VARCHAR with BIGINT

        2 | query: |
        3 |   SELECT f.id FROM flights f JOIN airports a ON f.origin = a.zone
          |                                                          ^

      Both sides of a key are text, numbers, truth values or times alike.
      Hint: Cast one of them to the type of the other."
    `)
})

test('a part that fails is said although a NULL makes it needless', async () => {
  const text = await errorsOf(
    'SELECT TRY_CAST(NULL AS TIMESTAMP) + CASE acos(2) WHEN 1 THEN INTERVAL 1 DAY END AS t FROM flights f',
  )
  expect(text).toContain('ACOS is undefined outside [-1,1]')
})

test.each([
  ['SELECT f.id FROM flights f WHERE f.id =', '=', 'Complete what begins here, or leave this word out.'],
  [
    'SELECT id FROM flights WHERE origin = "OSL"',
    '"OSL"',
    `Text stands in single quotes: 'OSL'. Double quotes are for names.`,
  ],
  [
    "SELECT id FROM flights WHERE delay > '10 minutes'",
    "'10 minutes'",
    'Write a value of BIGINT, or cast what it is compared or computed with.',
  ],
])('%s: the mistake is at %s, and the hint is one that helps', async (query, place, hint) => {
  const text = await errorsOf(query, {})
  expect(text.match(/error {2}/g)).toHaveLength(1)
  expect(text).toContain(`| ${' '.repeat(2 + query.lastIndexOf(place))}${'^'.repeat(place.length)}\n`)
  expect(text).toMatch(new RegExp(`Hint: ${RegExp.escape(hint)}$`))
})

test('does not ask for the name of a column that is wrong', async () => {
  const text = await errorsOf('SELECT sum(f.delay), sum(f.delay) FROM flights f', {})
  expect(text.match(/(error|warning) {2}.*/g)).toEqual([
    'error  SQL_NOT_SUPPORTED',
    'error  SQL_NOT_SUPPORTED',
  ])
})

test('says nothing of a key that a wrong column would have been', async () => {
  const text = await errorsOf('SELECT f.idd FROM flights f', { key: 'id' })
  expect(text.match(/error {2}\w+\n.*/g)).toEqual([
    'error  NAME_NOT_FOUND\ncolumn "idd" is not in topic "flights"',
  ])
})

test('refuses a repeated output name, and a key that is not an output, together', async () => {
  const query = 'SELECT f.id, a.name AS ID FROM flights f LEFT JOIN airports a ON a.iata = f.origin'
  expect(await errorsOf(query, { dimensions: lookup, key: 'nam' })).toMatchInlineSnapshot(`
    "pipeline.yaml:1:1  error  NAME_NOT_FOUND
    output key "nam" is not an output column of the query

      1 | name: enriched
        | ^^^^
      2 | query: |

    Hint: Use one of the output columns: id, ID.

    pipeline.yaml:3:16  error  SQL_INVALID
    output column "ID" occurs more than once

      2 | query: |
      3 |   SELECT f.id, a.name AS ID FROM flights f LEFT JOIN airports a ON a.iata = f.origin
        |                ^^^^^^

    Hint: Give each its own name, for example: a.ID AS a_ID."
  `)
})

test.each([
  ['INSERT INTO flights VALUES (1)', 'the query is not a SELECT'],
  ["COPY flights TO '/tmp/x'", 'the query is not a SELECT'],
  ['SELECT 1', 'the query reads no topic'],
  ['', 'the query is empty'],
  ['SELECT id FROM flights; SELECT id FROM flights', 'a query holds more than one statement'],
  [
    'SELECT id FROM flights UNION ALL SELECT id FROM flights',
    'UNION, INTERSECT and EXCEPT are not supported yet',
  ],
  ['WITH x AS (SELECT 1) SELECT id FROM flights', 'WITH is not supported yet'],
  ["SELECT * FROM read_csv('/etc/hosts')", 'a table function is not supported'],
  ['SELECT * FROM (SELECT 1)', 'a subquery in FROM is not supported'],
  ['SELECT id FROM flights WHERE id IN (SELECT iata FROM airports)', 'a subquery is not supported yet'],
  ['SELECT sum(delay) OVER () AS s FROM flights', 'window functions are not supported yet'],
  ['SELECT count(DISTINCT id) AS n FROM flights', 'aggregate functions are not supported yet'],
  [
    'SELECT list_sum(list_transform([1], x -> x)) AS s FROM flights',
    'function "list_sum" is DuckDB\'s, but not one that Weft has',
  ],
  ['SELECT f.id FROM flights f, airports', 'a comma or CROSS JOIN is not supported'],
  ['SELECT f.id FROM flights f NATURAL JOIN airports', 'NATURAL JOIN is not supported'],
  ['SELECT f.id FROM flights f FULL JOIN airports a ON a.iata = f.id', 'FULL JOIN is not supported'],
  ['SELECT flights.id FROM flights f', '"flights" is not a topic or an alias here'],
  [
    'SELECT id, name FROM flights JOIN airports a ON a.iata = id JOIN airports b ON b.iata = id',
    'column "name" is in more than one topic',
  ],
  ['SELECT id FROM flightss', 'the columns of topic "flightss" are not known'],
  ['SELECT 99999999999999999999 AS big FROM flights', 'a literal of this type is not supported'],
  [
    'SELECT id FROM flights JOIN airports USING (iata)',
    'column "iata" of USING is not in any topic before the join',
  ],
  ['SELECT * REPLACE (1 AS id) FROM flights', 'COLUMNS, REPLACE and RENAME are not supported'],
  ["SELECT id FROM flights WHERE day > 'soon'", 'could not convert text to DATE'],
  ["SELECT id FROM flights WHERE delay IN ('x', 2)", 'could not convert text to BIGINT'],
  ['SELECT ? AS x FROM flights', 'a parameter has no value in a definition'],
])('refuses %s', async (query, message) => {
  const planned = await plan({ query, dimensions: lookup }, catalog)
  expect(planned.diagnostics.map((diagnostic) => diagnostic.message)).toContain(message)
  expect(planned.plan).toBeUndefined()
})

test('an output column without a name is a warning', async () => {
  const planned = await plan({ query: 'SELECT id, delay + 1 FROM flights' }, catalog)
  expect(planned.plan?.values.columns.map((column) => column.name)).toEqual(['id', '(delay + 1)'])
  expect(planned.diagnostics.map((diagnostic) => diagnostic.severity)).toEqual(['warning'])
})

test.each([
  ['FULL JOIN airports a ON a.iata = f.id', 'FULL JOIN is not supported'],
  ['RIGHT JOIN airports a ON a.iata = f.id', 'RIGHT JOIN is not supported'],
  [', airports a', 'a comma or CROSS JOIN is not supported'],
  ['NATURAL JOIN airports a', 'NATURAL JOIN is not supported'],
])('of %s only that it is refused is said, and nothing of the names in it', async (join, message) => {
  const query = `SELECT f.id, a.name, upper(name) AS loud FROM flights f ${join} WHERE a.name > 'b'`
  const planned = await plan({ query, dimensions: lookup }, catalog)
  expect(planned.diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message])
})

test.each([900, 1100, 40_000])(
  '%i additions in one expression are too deep, in our own words',
  async (count) => {
    const text = await errorsOf(`SELECT f.delay${'+1'.repeat(count)} AS d FROM flights f`, {})
    expect(text).toMatch(
      /^pipeline\.yaml:3:3 {2}error {2}SQL_NOT_SUPPORTED\nthe expressions of the query are too deep\n/,
    )
    expect(text).toMatch(/\n\nHint: Divide them over output columns or over two queries\.$/)
    expect(text.match(/ error /g)).toHaveLength(1)
  },
)
