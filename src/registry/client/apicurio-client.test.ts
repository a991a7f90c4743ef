import { describe, expect, test } from 'vitest'
import {
  avroRecord,
  caller,
  openTestClient,
  openTestServer,
  refusal,
  type TestClient,
} from '../fixtures/test-registry.ts'
import { apicurioSettings, type ApicurioSettings } from '../settings.ts'
import type { RegistryServer } from '../registry-server.ts'

const order = { type: 'AVRO', text: avroRecord('Order', { id: 'long' }) } as const
const other = { type: 'AVRO', text: avroRecord('Order', { id: 'string' }) } as const
const register = { writing: { kind: 'register' } } as const

/** The test transport hands over paths alone: the interface's own path is added as an address would. */
function clientOf(server: RegistryServer, changes: Partial<ApicurioSettings> = {}): TestClient {
  const client = openTestClient(server, { ...apicurioSettings(['http://registry']), ...changes })
  const send = client.transport.send.bind(client.transport)
  client.transport.send = (url, request, signal) =>
    send(url, { ...request, target: new URL(url).pathname + request.target }, signal)
  return client
}

async function open(changes: Partial<ApicurioSettings> = {}): Promise<TestClient> {
  return clientOf(await openTestServer(), changes)
}

describe('schemas', () => {
  test('are registered, found by either id and by content', async () => {
    const { registry, server } = await open(register)
    await caller(server)('POST', '/subjects/first/versions', { schema: order.text })
    await caller(server)('POST', '/subjects/second/versions', { schema: order.text })
    const subject = registry.subjectOf({ topic: 'orders', side: 'value' })
    const written = await registry.forWriting(subject, order)
    expect(written).toMatchObject({
      ids: { globalId: 3, contentId: 1 },
      version: '1',
      subject: 'orders-value',
    })
    const reader = clientOf(server)
    const expected = { type: 'AVRO', text: order.text, references: [] }
    expect(await reader.registry.fetch({ kind: 'globalId', id: 3 })).toMatchObject(expected)
    expect(await reader.registry.fetch({ kind: 'contentId', id: 1 })).toMatchObject(expected)
    expect((await reader.registry.forWriting(subject, order)).ids).toEqual({ globalId: 3, contentId: 1 })
    await expect(reader.registry.forWriting(subject, other)).rejects.toMatchObject({
      code: 'SCHEMA_NOT_FOUND',
    })
    await expect(reader.registry.fetch({ kind: 'globalId', id: 9 })).rejects.toMatchObject({
      code: 'SCHEMA_NOT_FOUND',
    })
  })

  test('come with what they refer to, in groups of their own', async () => {
    const { registry, server } = await open({ ...register, group: 'shop' })
    const draft = {
      type: 'PROTOBUF',
      text: 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }',
      references: [{ name: 'b.proto', draft: { type: 'PROTOBUF', text: 'syntax = "proto3"; message B {}' } }],
    } as const
    const subject = registry.subjectOf({ topic: 'a', side: 'key' })
    const written = await registry.forWriting(subject, draft)
    expect(subject).toBe('shop:a-key')
    const read = await clientOf(server).registry.fetch({ kind: 'contentId', id: written.ids.contentId ?? 0 })
    expect(read).toMatchObject({ type: 'PROTOBUF', text: draft.text, references: written.references })
    expect((await caller(server)('GET', '/subjects')).json).toEqual(['shop:a-key', 'shop:b.proto'])
  })

  test('of a version or the latest one are written where the settings say so', async () => {
    const { server } = await open()
    const call = caller(server)
    await call('PUT', '/config', { compatibility: 'NONE' })
    for (const { text } of [order, other]) await call('POST', '/subjects/t-value/versions', { schema: text })
    const with_ = (writing: ApicurioSettings['writing']) => clientOf(server, { writing }).registry
    expect((await with_({ kind: 'latest' }).forWriting('t-value', order)).text).toBe(other.text)
    expect((await with_({ kind: 'version', version: 1 }).forWriting('t-value', other)).text).toBe(order.text)
    expect((await with_({ kind: 'id', id: 2 }).forWriting('t-value', order)).text).toBe(other.text)
  })

  test('that are not compatible are refused with the difference', async () => {
    const { registry } = await open(register)
    await registry.register('s', order)
    await expect(registry.register('s', other)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      detail: expect.stringContaining('TYPE_MISMATCH'),
    })
  })
})

test.each([
  ['topic', 'orders-value'],
  ['plain-topic', 'orders'],
  ['record', 'com.shop:Order'],
  ['topic-record', 'com.shop:orders-Order'],
] as const)('artifacts are called after the %s', async (strategy, subject) => {
  const { registry } = await open({ subjects: { key: 'topic', value: strategy } })
  expect(registry.subjectOf({ topic: 'orders', side: 'value', recordName: 'com.shop.Order' })).toBe(subject)
})

test('a registry of another kind is named as such', async () => {
  const { registry, transport } = await open()
  transport.outcomes.push(refusal(404, 404, 'HTTP 404 Not Found'))
  await expect(registry.latest('s')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', retry: 'never' })
})

test('framing goes by the settings', async () => {
  const { registry } = await open({ idKind: 'globalId', idBytes: 8 })
  expect(registry.framing('value', 'AVRO').prefix({ globalId: 1, contentId: 2 }).bytes).toEqual(
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1]),
  )
})
