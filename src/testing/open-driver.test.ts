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
