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

test.each([
  ['a join more before it', `${a} ${b}`, b],
  ['a join more behind it', `${b} ${a}`, b],
  ['another order of joins', `${b} ${a}`, `${a} ${b}`],
])('%s changes what waits for a join, and what has gone out', async (_, changed, former) => {
  const [one, other] = [await partsOf(changed), await partsOf(former)]
  for (const name of ['q-b-waiting', 'q-released']) {
    expect(one.get(name)).toBeDefined()
    expect(one.get(name)).not.toBe(other.get(name))
  }
})

test('a condition more changes nothing', async () => {
  expect(await partsOf(`${b} AND e.v > b.v`)).toEqual(await partsOf(b))
})

test('another topic under the same alias is another store', async () => {
  const name = 'q-b'
  expect((await partsOf('LEFT JOIN cs b ON e.k = b.k')).get(name)).not.toBe((await partsOf(b)).get(name))
})
