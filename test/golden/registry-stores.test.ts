import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RegistryPlace } from './registry-place.ts'

// Over loopback: what operators and stores keep of values whose schemas are in a registry.
let place: RegistryPlace

beforeEach(async () => {
  place = await RegistryPlace.open()
})

afterEach(() => place[Symbol.asyncDispose]())

const order = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'total', type: 'int' },
  ],
}
const payment = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'ref', type: 'string' },
    { name: 'by', type: 'string' },
  ],
}

/** Runs a definition over the topics `orders` and `payments`, whose writers have registered their schemas. @returns what it noted */
async function run(definition: string): Promise<string> {
  await place.produce('orders', order, { rows: [{ id: 'a', total: 1 }], key: 'id' })
  await place.produce('payments', payment, {
    rows: [
      { ref: 'a', by: 'x' },
      { ref: 'b', by: 'y' },
    ],
    key: 'ref',
  })
  await place.createTopics('out')
  place.write({
    'schemas/Order.avsc': JSON.stringify(order),
    'schemas/Payment.avsc': JSON.stringify(payment),
    'main.yaml': definition,
    'runner.yaml': `ksml:
  schemaDirectory: ${join(place.folder, 'schemas')}
  schemaRegistries:
    main: { config: { schema.registry.url: '${place.registry.url}' } }
  notations:
    avro: { type: confluent_avro, schemaRegistry: main }
  definitions: { main: main.yaml }
kafka: { application.id: app, bootstrap.servers: '${place.bootstrap}', commit.interval.ms: 100 }
`,
  })
  const config = ['--config', join(place.folder, 'runner.yaml'), '--state-dir', join(place.folder, 'state')]
  return (await place.weft('run', ...config, '--until-end', '--log-level', 'error')).join('\n')
}

const outerJoin = (orders: string, payments: string): string => `streams:
  orders: { topic: orders, keyType: string, valueType: '${orders}' }
  payments: { topic: payments, keyType: string, valueType: '${payments}' }
pipelines:
  main:
    from: orders
    via:
      - type: outerJoin
        stream: payments
        timeDifference: 1m
        grace: 1s
        thisStore: { name: left, type: window, windowSize: 2m, retention: 3m, retainDuplicates: true }
        otherStore: { name: right, type: window, windowSize: 2m, retention: 3m, retainDuplicates: true }
        valueJoiner:
          language: javascript
          expression: '({ total: value1 && value1.total, by: value2 && value2.by })'
          resultType: json
    to: { topic: out, keyType: string, valueType: json }
`

const foreignKeyJoin = (orders: string, payments: string): string => `tables:
  orders: { topic: orders, keyType: string, valueType: '${orders}', store: { name: o, type: keyValue } }
  payments: { topic: payments, keyType: string, valueType: '${payments}', store: { name: p, type: keyValue } }
pipelines:
  main:
    from: payments
    via:
      - type: join
        table: orders
        foreignKeyExtractor: { language: javascript, expression: value.ref, resultType: string }
        valueJoiner:
          language: javascript
          expression: '({ total: value2.total, by: value1.by })'
          resultType: json
      - { type: toStream }
    to: { topic: out, keyType: string, valueType: json }
`

describe.each([
  ['of two types', outerJoin],
  ['by a foreign key', foreignKeyJoin],
] as const)('a join %s', (_, definition) => {
  test('keeps values by the schemas of its folder, under subjects of their own', async () => {
    expect(await run(definition('avro:Order', 'avro:Payment'))).toContain('dead letters 0')
    const [first] = await place.consume('out', 1)
    expect(first).toEqual({ key: 'a', value: { total: 1, by: 'x' } })
    const subjects = (await (await fetch(`${place.registry.url}/subjects`)).json()) as string[]
    expect(subjects.filter((subject) => !/^(?:app|orders|payments)-/.test(subject))).toEqual([])
  })

  test('keeps values by the newest schemas of the topics that they come from', async () => {
    expect(await run(definition('avro', 'avro'))).toContain('dead letters 0')
    const [first] = await place.consume('out', 1)
    expect(first).toEqual({ key: 'a', value: { total: 1, by: 'x' } })
  })
})
