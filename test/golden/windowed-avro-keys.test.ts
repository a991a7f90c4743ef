import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RegistryPlace } from './registry-place.ts'

// Over loopback: windows and sessions of keys that are Avro, their stores, change logs and results.
let place: RegistryPlace

beforeEach(async () => {
  place = await RegistryPlace.open()
})

afterEach(() => place[Symbol.asyncDispose]())

const customer = {
  type: 'record',
  name: 'Customer',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'region', type: 'int' },
  ],
}
const windowed = {
  type: 'record',
  name: 'WindowedCustomer',
  fields: [
    { name: 'start', type: 'long' },
    { name: 'end', type: 'long' },
    { name: 'startTime', type: 'string' },
    { name: 'endTime', type: 'string' },
    { name: 'key', type: customer },
  ],
}

const definition = `streams:
  clicks: { topic: clicks, keyType: string, valueType: 'avro:Click' }
functions:
  customer:
    type: keyTransformer
    language: javascript
    expression: '({ id: key, region: 7 })'
    resultType: avro:Customer
pipelines:
  windows:
    from: clicks
    via:
      - { type: selectKey, mapper: customer }
      - type: groupByKey
      - { type: windowByTime, windowType: tumbling, duration: 10s }
      - { type: count, store: { name: windows, type: window, windowSize: 10s, retention: 1m, persistent: true, logging: true } }
      - { type: toStream }
    to: { topic: counts, keyType: avro:WindowedCustomer, valueType: long }
  sessions:
    from: clicks
    via:
      - { type: selectKey, mapper: customer }
      - type: groupByKey
      - { type: windowBySession, inactivityGap: 4s }
      - { type: count, store: { name: sessions, type: session, retention: 1m, persistent: true, logging: true } }
      - { type: toStream }
    to: { topic: visits, keyType: avro:WindowedCustomer, valueType: long }
`

const click = { type: 'record', name: 'Click', fields: [{ name: 'page', type: 'string' }] }
const fromMs = 1_700_000_000_000

function times(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => bytes.writeBigInt64BE(BigInt(value), 8 * index))
  return bytes
}

/** As Confluent's serialiser writes a customer. */
async function customerBytes(): Promise<Buffer> {
  const { id } = await place.ask('/subjects/app-windows-changelog-key', { schema: JSON.stringify(customer) })
  const prefix = Buffer.alloc(5)
  prefix.writeInt32BE(Number(id), 1)
  return Buffer.concat([prefix, Buffer.from([2, 'a'.charCodeAt(0), 14])])
}

test('windowed and session keys over Avro: as structs in topics, and in change logs the bytes that the JVM writes', async () => {
  await place.produce('clicks', click, { rows: [{ page: 'x' }, { page: 'y' }], key: 'page', fromMs })
  await place.createTopics('counts', 'visits')
  place.write({
    'schemas/Customer.avsc': JSON.stringify(customer),
    'schemas/WindowedCustomer.avsc': JSON.stringify(windowed),
    'schemas/Click.avsc': JSON.stringify(click),
    'main.yaml': definition.replace("'({ id: key,", '\'({ id: "a",'),
    'runner.yaml': `ksml:
  definitions: { main: main.yaml }
  schemaDirectory: ${join(place.folder, 'schemas')}
  notations:
    avro: { type: confluent_avro, config: { schema.registry.url: '${place.registry.url}' } }
kafka: { application.id: app, bootstrap.servers: '${place.bootstrap}' }
`,
  })
  const run = [
    'run',
    '--config',
    join(place.folder, 'runner.yaml'),
    '--until-end',
    '--state-dir',
    join(place.folder, 'state'),
    '--log-level',
    'error',
  ]
  expect((await place.weft(...run)).join('\n')).toContain('dead letters 0')
  const key = { id: 'a', region: 7 }
  const window = {
    start: fromMs,
    end: fromMs + 10_000,
    startTime: '2023-11-14T22:13:20Z',
    endTime: '2023-11-14T22:13:30Z',
    key,
  }
  const [, second] = await place.consumeBytes('counts', 2)
  expect(await place.decoded(second?.key ?? Buffer.alloc(0))).toEqual(window)
  expect(second?.value).toEqual(times(2))
  const visits = await place.consumeBytes('visits', 1)
  const session = { start: fromMs, end: fromMs, startTime: window.startTime, endTime: window.startTime, key }
  expect(await place.decoded(visits[0]?.key ?? Buffer.alloc(0))).toEqual(session)

  const inner = await customerBytes()
  const [logged] = await place.consumeBytes('app-windows-changelog', 1)
  expect(logged?.key).toEqual(Buffer.concat([inner, times(fromMs), Buffer.alloc(4)]))
  const sessions = await place.consumeBytes('app-sessions-changelog', 1)
  expect(sessions[0]?.key).toEqual(Buffer.concat([inner, times(fromMs, fromMs)]))
  expect(await place.ask('/subjects')).toEqual(
    expect.arrayContaining([
      'app-sessions-changelog-key',
      'app-windows-changelog-key',
      'counts-key',
      'visits-key',
    ]),
  )
  await place.produce('clicks', click, { rows: [{ page: 'z' }], key: 'page', fromMs: fromMs + 2000 })
  expect((await place.weft(...run)).join('\n')).toContain('dead letters 0')
  const counts = await place.consumeBytes('counts', 3)
  expect(counts[2]?.value).toEqual(times(3))
})
