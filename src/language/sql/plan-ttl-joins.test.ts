import { expect, test } from 'vitest'
import { loadDefinition } from '../load.ts'

const columns = { k: 'string', v: 'string' }

/** What the stores of a query are made of, by name. */
async function partsOf(joins: string): Promise<ReadonlyMap<string, string | undefined>> {
  const query = `SELECT e.k AS k, e.v AS v FROM es e ${joins}`
  const topics = Object.fromEntries(['es', 'xs', 'bs', 'cs'].map((topic) => [topic, { columns }]))
  const dimensions = ['bs', 'cs'].filter((topic) => joins.includes(`JOIN ${topic} `))
  const state = { events: { default_ttl: '1h' }, dimensions }
  const definition = { name: 'q', query, output: { topic: 'out', format: 'json', key: 'k' }, state, topics }
  const source = { path: 'q.yaml', text: JSON.stringify(definition) }
  const catalog = { values: () => Promise.resolve(undefined) }
  const { topologies, diagnostics } = await loadDefinition(source, { environment: {}, catalog })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return new Map(topologies.flatMap(({ stores }) => stores.map(({ name, parts }) => [name, parts])))
}

const a = 'LEFT JOIN xs a ON e.k = a.k'
const b = 'LEFT JOIN bs b ON e.k = b.k'

test('a join that comes before another changes what waits for that one', async () => {
  const former = await partsOf(b)
  const inserted = await partsOf(`${a} ${b}`)
  expect(former.get('q-b-waiting')).toBeDefined()
  expect(inserted.get('q-b-waiting')).not.toBe(former.get('q-b-waiting'))
  expect((await partsOf(`${b} ${a}`)).get('q-a-waiting')).not.toBe(inserted.get('q-a-waiting'))
})

test('a join that comes behind the others, or a column more, changes nothing before it', async () => {
  const former = await partsOf(b)
  const appended = await partsOf(`${b} LEFT JOIN cs c ON e.v = c.k`)
  for (const [name, parts] of former) expect([name, appended.get(name)]).toEqual([name, parts])
})

test('another topic under the same alias is another store', async () => {
  const name = 'q-b'
  expect((await partsOf('LEFT JOIN cs b ON e.k = b.k')).get(name)).not.toBe((await partsOf(b)).get(name))
})
