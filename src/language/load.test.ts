import { describe, expect, test } from 'vitest'
import type { Column } from '../data/types.ts'
import type { Catalog } from './catalog.ts'
import { functionsOf } from '../topology/node-edges.ts'
import { loadDefinition, type LoadedDefinition, type LoadOptions } from './load.ts'

const nothingKnown = { values: () => Promise.resolve(undefined) }

function load(
  text: string,
  options: Partial<LoadOptions> = {},
  path = 'flows/my flows.yaml',
): Promise<LoadedDefinition> {
  return loadDefinition({ path, text }, { environment: {}, catalog: nothingKnown, ...options })
}

function messages({ diagnostics }: LoadedDefinition): string[] {
  return diagnostics.map(({ severity, message, span }) => `${severity} ${span.line} ${message}`)
}

const orders = `streams:
  orders: { topic: orders, keyType: string, valueType: json }
`
const pipeline = (via: string): string => `${orders}pipelines:
  main:
    from: orders
    via:
${via.replaceAll(/^/gm, '      ')}
    to: orders
`
const query = (name: string, from: string, to: string): string =>
  `  ${name}: { query: "SELECT id FROM ${from}", output: { topic: ${to}, format: json } }\n`

describe('loadDefinition', () => {
  test('tells the forms apart', async () => {
    const forms = [
      `${orders}pipelines: {}\n`,
      'name: x\nquery: SELECT 1\n',
      'queries: {}\n',
      'dev: {}\npipelines: {}\n',
      '',
    ]
    const loaded = await Promise.all(forms.map((text) => load(text)))
    expect(loaded.map(({ form }) => form)).toEqual(['topology', 'sql', 'weft', 'weft', 'topology'])
  })

  test('names a topology after the file, and takes the namespace from the options', async () => {
    const text = `${orders}pipelines: { main: { from: orders, to: orders } }\n`
    const [byFile] = (await load(text)).topologies
    const [byOption] = (await load(`name: Big Orders\n${text}`, { namespace: 'shop' })).topologies
    expect([byFile?.name, byFile?.functions.namespace]).toEqual(['my-flows', 'my_flows'])
    expect([byOption?.name, byOption?.functions.namespace]).toEqual(['Big-Orders', 'shop'])
    expect(byOption?.nodes.at(-1)?.id).toBe('shop_pipelines_main_to')
  })

  test('says once what is wrong with a topic: not again of its columns, nor of queries over what a broken one writes', async () => {
    const columns = 'topics: { o: { columns: { id: VARCHAR, n: int } } }\n'
    expect(messages(await load(`queries:\n${query('a', 'o', 'p')}${columns}`))).toEqual([
      'error 3 no type is called "VARCHAR"',
    ])
    const known = 'topics: { o: { columns: { n: int } } }\n'
    expect(messages(await load(`queries:\n${query('a', 'o', 'p')}${query('b', 'p', 'q')}${known}`))).toEqual([
      'error 2 column "id" is not in topic "o"',
    ])
  })

  test('gives each function its code with the line on which it stands', async () => {
    const { topologies } = await load(
      pipeline(`- type: mapValues
  mapper:
    globalCode: |
      import math
    code: |

      x = 1
    expression: True
    resultType: json`),
    )
    const [mapper] = topologies[0]?.nodes.flatMap(functionsOf) ?? []
    expect(mapper?.body).toMatchObject({
      language: 'python',
      globalCode: { text: 'import math\n', span: { file: 'flows/my flows.yaml', line: 10, column: 13 } },
      code: { text: '\nx = 1\n', span: { line: 12 } },
      expression: { text: 'True', span: { line: 14, column: 23 } },
    })
  })

  test('leaves template strings of JavaScript alone while variables elsewhere are replaced', async () => {
    const { topologies, diagnostics } = await load(
      `streams:\n  orders: { topic: "\${TOPIC}", keyType: string, valueType: json }\npipelines:\n  main:\n    from: orders\n    via:\n      - type: mapKey\n        mapper:\n          language: javascript\n          expression: "\`\${key}\`"\n          resultType: string\n    to: { topic: copies }\n`,
      { environment: { TOPIC: 'real-orders' } },
    )
    expect(diagnostics).toEqual([])
    expect(topologies[0]?.nodes[0]).toMatchObject({ topics: ['real-orders'] })
    expect(topologies[0]?.nodes.flatMap(functionsOf)[0]?.body).toMatchObject({
      expression: { text: '`${key}`' },
    })
  })

  test('writes a bare truth value as each language does', async () => {
    const { topologies } = await load(
      pipeline(`- { type: filter, if: { expression: true } }
- { type: filter, if: { expression: true, language: javascript } }`),
    )
    const bodies = topologies[0]?.nodes.flatMap(functionsOf).map(({ body }) => body)
    expect(bodies).toMatchObject([{ expression: { text: 'True' } }, { expression: { text: 'true' } }])
  })

  test('looks for modules beside the file', async () => {
    const { topologies } = await load(
      pipeline('- { type: mapValues, mapper: { module: "./lib/f.ts#enrich", resultType: json } }'),
      {},
      '/srv/flows/a.yaml',
    )
    expect(topologies[0]?.nodes.flatMap(functionsOf)[0]?.body).toMatchObject({
      language: 'module',
      folder: '/srv/flows',
      path: './lib/f.ts',
      export: 'enrich',
    })
  })

  test('uses a function of another type where its arguments fit', async () => {
    const { topologies, diagnostics } = await load(`functions:
  check:
    parameters: [{ name: key, type: string }, { name: value, type: json }]
    code: return True
    resultType: boolean
${pipeline('- { type: filter, if: check }')}`)
    expect(diagnostics).toEqual([])
    expect(topologies[0]?.nodes.flatMap(functionsOf)[0]).toMatchObject({ name: 'check', kind: 'predicate' })
    expect(topologies[0]?.functions.functions[0]).toMatchObject({ name: 'check', kind: 'generic' })
  })

  test('shares one internal topic between two folds of a group, and gives two groups two', async () => {
    const { topologies } = await load(`${orders}pipelines:
  grouped:
    from: orders
    via:
      - { type: groupBy, name: by_region, mapper: { expression: key, resultType: string } }
    as: by_region
  counted: { from: by_region, via: [{ type: count }], as: counts }
  newest: { from: by_region, via: [{ type: reduce, reducer: { expression: value2, resultType: json } }], as: newest }
`)
    const internal = topologies[0]?.nodes
      .filter((node) => node.kind === 'repartition')
      .map((node) => node.topic)
    expect(internal).toEqual(['my_flows_by_region-repartition'])
  })

  test('freezes what it makes, and what it makes survives structured clone', async () => {
    const { topologies } = await load(pipeline('- { type: filter, if: { expression: True } }'))
    const [topology] = topologies
    expect(Object.isFrozen(topology?.nodes)).toBe(true)
    expect(structuredClone(topology)).toEqual(topology)
    expect(JSON.parse(JSON.stringify(topology))).toEqual(topology)
  })

  test.each([
    ['- { type: toStream }', 'operation "toStream" is applied to a stream already'],
    [
      '- { type: join, table: orders, valueJoiner: { expression: value1, resultType: json } }',
      '"orders" is a stream, not a table',
    ],
    [
      '- { type: mapValues, mapper: { expression: value, resultType: json, name: a-b } }',
      '"mapper" of operation "mapValues" cannot be called in Python',
    ],
    [
      '- { type: repartition, numberOfPartitions: 0 }',
      '"numberOfPartitions" of operation "repartition" is not a whole number from 1 to 100000',
    ],
    [
      '- { type: merge, stream: { topic: x, keyType: long, valueType: json } }',
      'operation "merge" would mix two key types',
    ],
    [
      '- { type: groupByKey }\n- { type: count, store: { versioned: true, historyRetention: 1h } }\n- { type: toStream }',
      'operation "count" cannot keep versions',
    ],
    [
      '- { type: toTable, store: { versioned: true, persistent: true } }\n- { type: toStream }',
      'a versioned store needs "historyRetention"',
    ],
    [
      '- { type: toTable, store: { versioned: true, historyRetention: 1h, caching: true } }\n- { type: toStream }',
      'a versioned store cannot cache',
    ],
    [
      '- { type: transformMetadata, mapper: { expression: metadata, resultType: string } }',
      'returns string, which does not fit here',
    ],
  ])('refuses %s', async (via, message) => {
    expect(messages(await load(pipeline(via))).join('\n')).toContain(message)
  })

  test.each([
    ['{ type: window, retention: 10m }', 'does not keep what operation "count" needs'],
    ['{ type: keyValue }', 'operation "count" needs a window store'],
  ])(
    'says of store %s that it does not fit, and nothing that only follows from that',
    async (store, message) => {
      const via = `- { type: groupByKey }
- { type: windowByTime, windowType: tumbling, duration: 1h, grace: 1m }
- { type: count, store: ${store} }
- { type: suppress, until: windowCloses }
- { type: toStream }`
      const said = messages(await load(pipeline(via).replace('to: orders', 'as: counted')))
      expect(said.filter((line) => line.startsWith('error'))).toEqual([expect.stringContaining(message)])
    },
  )

  test('warns of what has no effect', async () => {
    const loaded = await load(`${orders}globalTables:
  cities: { topic: cities, keyType: string, valueType: json, offsetResetPolicy: latest }
stores:
  idle: { type: keyValue, retention: 1h }
pipelines:
  main:
    from: orders
    via:
      - { type: mapValues, store: { name: x }, mapper: { expression: value, resultType: json } }
    as: kept
    to: orders
`)
    expect(messages(loaded)).toEqual([
      'warning 4 "offsetResetPolicy" has no effect on a global table',
      'warning 6 store "idle" is not used',
      'warning 6 "retention" has no effect on this store',
      'warning 8 "to" of pipeline "main" has no effect',
      'warning 11 "store" of operation "mapValues" has no effect',
    ])
    expect(loaded.topologies).toHaveLength(1)
  })

  test('warns of topics that flow back into themselves, where nothing on the way leaves records out', async () => {
    const { diagnostics, topologies } = await load(`streams:
  orders: { topic: orders, keyType: string, valueType: string }
  checked: { topic: checked, keyType: string, valueType: string }
  retries: { topic: retries, keyType: string, valueType: string }
pipelines:
  copy:
    from: orders
    via:
      - { type: peek, forEach: { language: javascript, code: "" } }
    to: orders
  check: { from: checked, to: retries }
  retry:
    from: retries
    via:
      - { type: repartition }
    to: checked
  ends:
    from: retries
    via:
      - { type: filter, if: { language: javascript, expression: value.length < 9 } }
    to: retries
`)
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        code: 'TOPOLOGY_INVALID',
        message: 'topic "orders" flows back into itself without an end',
        detail: 'Each record of "orders" goes back to "orders", for nothing on the way leaves any out.',
        hint: 'Write to another topic, or leave records out on the way, with "filter" or "branch".',
        span: { line: 10 },
      },
      {
        message: 'topic "checked" flows back into itself without an end',
        detail:
          'Each record of "checked" goes to "retries" and back to "checked", for nothing on the way leaves any out.',
        span: { line: 16 },
      },
    ])
    expect(topologies).toHaveLength(1)
  })
})

describe('a store that is written in place', () => {
  const counted = (types: string): string =>
    pipeline(`- type: groupByKey
- type: count
  store: { name: counts, ${types} }
- type: toStream`).replace('to: orders', 'to: { topic: counts }')

  test('may name the types that go into it', async () => {
    const { topologies, diagnostics } = await load(counted('keyType: string, valueType: long'))
    expect(diagnostics).toEqual([])
    expect(topologies[0]?.stores).toMatchObject([{ name: 'counts', value: { type: { kind: 'long' } } }])
  })

  test('holds what goes into it, with a warning, where it names other types', async () => {
    const loaded = await load(counted('keyType: long, valueType: json'))
    expect(messages(loaded)).toEqual([
      'warning 9 "keyType" of "store" of operation "count" has no effect',
      'warning 9 "valueType" of "store" of operation "count" has no effect',
    ])
    expect(loaded.topologies[0]?.stores).toMatchObject([
      { key: { type: { kind: 'string' } }, value: { type: { kind: 'long' } } },
    ])
  })
})

test('a function is told the types of what comes where it is used', async () => {
  const { topologies } = await load(`streams:
  amounts: { topic: amounts, keyType: int, valueType: double }
functions:
  size: { type: valueTransformer, expression: value, resultType: double }
pipelines:
  main:
    from: amounts
    via:
      - { type: mapValues, mapper: size }
    to: amounts
`)
  const [size] = topologies[0]?.nodes.flatMap(functionsOf) ?? []
  expect(size?.parameters).toEqual([
    { name: 'key', type: { kind: 'int' } },
    { name: 'value', type: { kind: 'double' } },
  ])
})

describe('a file with queries', () => {
  const columns: Record<string, readonly Column[]> = { given: [{ name: 'id', type: { kind: 'string' } }] }
  const catalog: Catalog = {
    values: (topic, format) => Promise.resolve(columns[topic] && { columns: columns[topic], format }),
  }

  test('finds columns in its own declarations, in what its queries write, and in the catalogue', async () => {
    const text = `queries:
${query('third', 'b', 'c')}${query('second', 'a', 'b')}${query('first', 'given', 'a')}${query('declared', 'mine', 'd')}
topics:
  mine: { columns: { id: long } }
`
    const loaded = await load(text, { catalog })
    expect(messages(loaded)).toEqual([])
    expect(loaded.topologies.map(({ name }) => name)).toEqual(['third', 'second', 'first', 'declared'])
  })

  test('does not wait for ever where two queries read each other', async () => {
    const loaded = await load(`queries:\n${query('one', 'b', 'a')}${query('two', 'a', 'b')}`)
    expect(loaded.topologies).toEqual([])
    expect(messages(loaded).length).toBeGreaterThan(0)
  })

  test('reads the dev section with its defaults', async () => {
    const { dev, diagnostics } = await load(`queries:
${query('one', 'orders', 'out')}
dev:
  topics:
    orders: { file: "npm:vega-datasets/data/airports.csv", key: iata, eventTime: date, rate: 500, columns: { id: string } }
    large: { file: data/x.bin, format: parquet, partitions: 2, compact: true, limit: 10 }
    out: {}
`)
    expect(diagnostics).toEqual([])
    expect(dev?.topics).toMatchObject([
      {
        topic: { value: 'orders', span: { line: 6 } },
        file: { value: 'npm:vega-datasets/data/airports.csv' },
        format: 'csv',
        key: { value: 'iata' },
        eventTime: { value: 'date' },
        ratePerSecond: 500,
        partitions: 4,
        compact: false,
      },
      { format: 'parquet', partitions: 2, compact: true, limit: 10, ratePerSecond: undefined },
      { file: undefined, format: 'json' },
    ])
  })
})
