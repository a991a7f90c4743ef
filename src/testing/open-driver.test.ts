import { expect, test } from 'vitest'
import { openDriver } from './open-driver.ts'

const definition = `
streams:
  words: { topic: words, keyType: string, valueType: string }
pipelines:
  main:
    from: words
    via:
      - { type: groupByKey }
      - { type: count, store: { name: counts } }
      - { type: toStream }
    to: { topic: counts, keyType: string, valueType: long }
`

test('runs a definition: records in, records and rows out', async () => {
  await using driver = await openDriver(definition)
  driver.send('words', { key: 'a', value: 'x' })
  driver.send('words', { key: 'a', value: 'y' })
  expect(driver.take('counts').map(({ key, value }) => [key, value])).toEqual([
    ['a', 1],
    ['a', 2],
  ])
  const store = driver.store('counts')
  expect(store.kind === 'key-value' && store.get('a')).toBe(2)
})

test('shows the rows of a global table', async () => {
  await using driver = await openDriver(`
streams:
  orders: { topic: orders, keyType: string, valueType: string }
  sent: { topic: sent, keyType: string, valueType: string }
globalTables:
  cities: { topic: cities, keyType: string, valueType: string }
pipelines:
  main:
    from: orders
    via:
      - type: join
        globalTable: cities
        mapper: { language: javascript, expression: value, resultType: string }
        valueJoiner: { language: javascript, expression: value2, resultType: string }
    to: sent
`)
  driver.send('cities', { key: 'r', value: 'Rome', timestampMs: 5 })
  driver.send('orders', { key: 'a', value: 'r' })
  expect(driver.take('sent').map(({ value }) => value)).toEqual(['Rome'])
  const store = driver.store('cities')
  expect(store.kind === 'key-value' && [String(store.get('r')), store.timestampMs('r')]).toEqual(['Rome', 5])
})

test('says all that is wrong with a definition', async () => {
  const broken = definition.replace('from: words', 'from: wrods').replace('type: count', 'type: cuont')
  const failure = openDriver(broken, { path: 'words.yaml' })
  await expect(failure).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
  await expect(failure).rejects.toMatchObject({
    detail: expect.stringMatching(/words\.yaml:6[^]+words\.yaml:9/),
  })
})

test('asks which topology, where there are several', async () => {
  const query = (name: string): string => `
  ${name}: { query: 'SELECT w.word FROM words w', output: { topic: ${name}, format: json } }`
  const topics = 'topics: { words: { columns: { word: string } } }'
  const several = `${topics}\nqueries:${query('first')}${query('second')}\n`
  await expect(openDriver(several)).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' })
  await expect(openDriver(several, { topology: 'third' })).rejects.toThrow('2 topologies')
  await using driver = await openDriver(several, { topology: 'second' })
  driver.send('words', { value: Buffer.from('{"word":"x"}') })
  expect(driver.topics).toEqual(['second'])
})

const copying = (via: string): string => `
streams:
  a: { topic: a, keyType: string, valueType: long }
  b: { topic: b, keyType: string, valueType: long }
pipelines:
  one: { from: a, ${via} to: b }
  two: { from: b, to: a }
`

test('ends with an error where records go round for ever, however they multiply, and goes on with the next', async () => {
  const expression = 'value > 0 ? [value, value] : []'
  const mapper = `{ language: javascript, expression: "${expression}", resultType: "[long]" }`
  const text = copying(
    `via: [{ type: repartition }, { type: transformKeyValueToValueList, mapper: ${mapper} }],`,
  )
  await using driver = await openDriver(text, { recordsMax: 20_000 })
  expect(() => driver.send('b', { key: 'k', value: 1 })).toThrow(
    expect.objectContaining({
      code: 'TOPOLOGY_INVALID',
      message: expect.stringMatching(/^topic "(a|b)" flows back into itself without an end$/) as unknown,
      detail: expect.stringMatching(/^There are more than 20000 by way of "(a", "b|b", "a)"[.]$/) as unknown,
      hint: 'Leave records out on the way, with "filter" or "branch", or give the driver a larger "recordsMax".',
    }),
  )
  driver.take('a')
  driver.send('b', { key: 'k', value: 0 })
  expect(driver.take('a').map(({ value }) => value)).toEqual([0])
})

test('lets records go round until the definition ends it', async () => {
  const mapper = '{ language: javascript, expression: "[value - 1]", resultType: "[long]" }'
  const rest = '{ type: filter, if: { language: javascript, expression: value > 0 } }'
  const text = copying(`via: [${rest}, { type: transformKeyValueToValueList, mapper: ${mapper} }],`)
  await using driver = await openDriver(text)
  driver.send('a', { key: 'k', value: 3000 })
  expect(driver.take('b')).toHaveLength(3000)
})

test('says how much one call brought about where nothing goes round', async () => {
  const expression = 'Array.from({ length: value }, () => value)'
  const mapper = `{ language: javascript, expression: "${expression}", resultType: "[long]" }`
  const text = copying(`via: [{ type: transformKeyValueToValueList, mapper: ${mapper} }],`)
  await using driver = await openDriver(
    text
      .replace('two: { from: b, to: a }', 'two: { from: b, to: c }')
      .replace('pipelines:', '  c: { topic: c, keyType: string, valueType: long }\npipelines:'),
    { recordsMax: 10 },
  )
  driver.send('a', { key: 'k', value: 9 })
  expect(() => driver.send('a', { key: 'k', value: 11 })).toThrow(
    'what was sent brings about too many records',
  )
})
