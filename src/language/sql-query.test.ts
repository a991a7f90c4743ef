import { expect, test } from 'vitest'
import { catalogOf, columns, plan, type PipelineFixture } from './sql/query-fixture.ts'

const catalog = catalogOf({
  flights: columns({ id: 'string', origin: 'string', destination: 'string', delay: 'long', date: 'string' }),
  airports: columns({ iata: 'string', name: 'string', city: 'string', latitude: 'double' }),
  'shop.orders.v1': columns({ id: 'long', User: 'string', total: 'double' }),
})
const lookup = { airports: 'lookup' } as const

async function nodesOf(fixture: PipelineFixture): Promise<string> {
  const planned = await plan(fixture, catalog)
  expect(planned.text).toBe('')
  return (planned.plan?.nodes ?? []).map((node) => JSON.stringify(node)).join('\n')
}

test('reads only the columns that are used, and keeps one copy of a dimension that is joined twice', async () => {
  const query = `SELECT f.id, o.city AS from_city, d.city AS to_city, f.delay > 15 AS late
FROM flights f
LEFT JOIN airports o ON f.origin = o.iata
JOIN airports d ON d.iata = f.destination
WHERE f.delay IS NOT NULL`
  expect(await nodesOf({ query, dimensions: lookup, key: 'id' })).toMatchInlineSnapshot(`
    "{"kind":"source","id":"enriched/source","topics":["flights"],"key":{"notation":"binary","type":{"kind":"string"}},"value":{"notation":"json","type":{"kind":"struct"}},"columns":[{"name":"id","type":{"kind":"string"}},{"name":"origin","type":{"kind":"string"}},{"name":"destination","type":{"kind":"string"}},{"name":"delay","type":{"kind":"long"}}]}
    {"kind":"global-table","id":"enriched/table airports by iata","topic":"airports","key":{"notation":"binary","type":{"kind":"string"}},"value":{"notation":"json","type":{"kind":"struct"}},"columns":[{"name":"iata","type":{"kind":"string"}},{"name":"city","type":{"kind":"string"}}],"index":[{"kind":"column","scope":0,"index":0,"name":"iata","type":{"kind":"string"}}],"store":"enriched-airports-iata"}
    {"kind":"lookup-join","id":"enriched/join o","input":"enriched/source","table":"enriched/table airports by iata","type":"left","key":[{"kind":"column","scope":0,"index":1,"name":"origin","type":{"kind":"string"}}],"scope":1}
    {"kind":"lookup-join","id":"enriched/join d","input":"enriched/join o","table":"enriched/table airports by iata","type":"inner","key":[{"kind":"column","scope":0,"index":2,"name":"destination","type":{"kind":"string"}}],"scope":2}
    {"kind":"select","id":"enriched/select","input":"enriched/join d","where":{"kind":"call","function":"is_not_null","args":[{"kind":"column","scope":0,"index":3,"name":"delay","type":{"kind":"long"}}],"type":{"kind":"boolean"},"at":{"file":"pipeline.yaml","line":7,"column":17,"length":2}},"layout":{"columns":[{"name":"id","type":{"kind":"string"},"from":"row","scope":0,"index":0,"sourceName":"id"},{"name":"from_city","type":{"kind":"string"},"from":"row","scope":1,"index":1,"sourceName":"city"},{"name":"to_city","type":{"kind":"string"},"from":"row","scope":2,"index":1,"sourceName":"city"},{"name":"late","type":{"kind":"boolean"},"from":"cell","index":0}]},"cells":[{"kind":"call","function":">","args":[{"kind":"column","scope":0,"index":3,"name":"delay","type":{"kind":"long"}},{"kind":"literal","value":15,"type":{"kind":"int"}}],"type":{"kind":"boolean"},"at":{"file":"pipeline.yaml","line":3,"column":64,"length":1}}],"keyColumn":0}
    {"kind":"sink","id":"enriched/sink","input":"enriched/select","topic":{"kind":"topic","name":"out"},"key":{"notation":"binary","type":{"kind":"string"}},"value":{"notation":"json","type":{"kind":"struct"}}}"
  `)
})
