import { describe, expect, test } from 'vitest'
import { openTestRegistry, type TestRegistry } from '../../testing/registry.ts'
import { avroRecord, caller, refusal } from '../fixtures/test-registry.ts'
import { apicurioSettings, type ApicurioSettings } from '../settings.ts'
import type { RegistryServer } from '../registry-server.ts'

const order = { type: 'AVRO', text: avroRecord('Order', { id: 'long' }) } as const
const other = { type: 'AVRO', text: avroRecord('Order', { id: 'string' }) } as const
const register = { writing: { kind: 'register' } } as const

function open(changes: Partial<ApicurioSettings> = {}, server?: RegistryServer): Promise<TestRegistry> {
  const settings = { ...apicurioSettings(['http://registry']), ...changes }
  return openTestRegistry(settings, server === undefined ? {} : { server })
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
    const reader = await open({}, server)
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
    const read = await (
      await open({}, server)
    ).registry.fetch({ kind: 'contentId', id: written.ids.contentId ?? 0 })
    expect(read).toMatchObject({ type: 'PROTOBUF', text: draft.text, references: written.references })
    expect((await caller(server)('GET', '/subjects')).json).toEqual(['shop:a-key', 'shop:b.proto'])
  })

  test('of a version or the latest one are written where the settings say so', async () => {
    const { server } = await open()
    const call = caller(server)
    await call('PUT', '/config', { compatibility: 'NONE' })
    for (const { text } of [order, other]) await call('POST', '/subjects/t-value/versions', { schema: text })
    const with_ = async (writing: ApicurioSettings['writing']) => (await open({ writing }, server)).registry
    expect((await (await with_({ kind: 'latest' })).forWriting('t-value', order)).text).toBe(other.text)
    expect((await (await with_({ kind: 'version', version: 1 })).forWriting('t-value', other)).text).toBe(
      order.text,
    )
    expect((await (await with_({ kind: 'id', id: 2 })).forWriting('t-value', order)).text).toBe(other.text)
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
  const { registry, link } = await open()
  link.outcomes.push(refusal(404, 404, 'HTTP 404 Not Found'))
  await expect(registry.latest('s')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', retry: 'never' })
})

test('framing goes by the settings', async () => {
  const { registry } = await open({ idKind: 'globalId', idBytes: 8 })
  expect(registry.framing('value', 'AVRO').prefix({ globalId: 1, contentId: 2 }).bytes).toEqual(
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1]),
  )
})
