import { describe, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import type { SchemaRegistry } from '../contracts.ts'
import { openTestRegistry, whileTimePasses, type TestRegistry } from '../../testing/registry.ts'
import { avroRecord, caller, refusal } from '../fixtures/test-registry.ts'
import { registrySettings } from '../registry-properties.ts'
import type { RegistryServer } from '../registry-server.ts'
import { confluentSettings, defaultLimits, type ConfluentSettings } from '../settings.ts'

const order = { type: 'AVRO', text: avroRecord('Order', { id: 'long' }) } as const
const other = { type: 'AVRO', text: avroRecord('Order', { id: 'string' }) } as const

function open(changes: Partial<ConfluentSettings> = {}, server?: RegistryServer): Promise<TestRegistry> {
  const settings = { ...confluentSettings(['http://registry']), ...changes }
  return openTestRegistry(settings, server === undefined ? {} : { server })
}

async function failureOf(promise: Promise<unknown>): Promise<StreamError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof StreamError) return outcome
  throw new Error(`expected a StreamError, got ${String(outcome)}`)
}

const subject = (registry: SchemaRegistry): string => registry.subjectOf({ topic: 'orders', side: 'value' })

describe('schemas', () => {
  test('are registered once, found by id, and fetched once for all who wait', async () => {
    const { registry, link, server } = await open()
    const written = await registry.forWriting(subject(registry), order)
    await registry.forWriting(subject(registry), order)
    expect(written).toMatchObject({ ids: { id: 1 }, type: 'AVRO', text: order.text, subject: 'orders-value' })
    expect(link.sent.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /subjects/orders-value/versions',
    ])
    const reader = await open({}, server)
    expect(reader.registry.known({ kind: 'id', id: 1 })).toBeUndefined()
    const [first, second] = await Promise.all([
      reader.registry.fetch({ kind: 'id', id: 1 }),
      reader.registry.fetch({ kind: 'id', id: 1 }),
    ])
    expect(first).toBe(second)
    expect(first).toMatchObject({ text: order.text, type: 'AVRO', references: [] })
    expect(reader.registry.known({ kind: 'id', id: 1 })).toBe(first)
    expect(reader.link.sent).toHaveLength(1)
  })

  test('come with all that they refer to, what is referred to first', async () => {
    const { registry, server } = await open()
    const draft = {
      type: 'PROTOBUF',
      text: 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }',
      references: [
        {
          name: 'b.proto',
          draft: {
            type: 'PROTOBUF',
            text: 'syntax = "proto3"; import "c.proto"; message B { C c = 1; }',
            references: [
              { name: 'c.proto', draft: { type: 'PROTOBUF', text: 'syntax = "proto3"; message C {}' } },
            ],
          },
        },
      ],
    } as const
    const written = await registry.register('a-value', draft)
    expect(written.references.map(({ name }) => name)).toEqual(['c.proto', 'b.proto'])
    const reader = await open({}, server)
    const read = await reader.registry.fetch({ kind: 'id', id: written.ids.id ?? 0 })
    expect(read.references).toEqual(written.references)
    expect((await caller(server)('GET', '/subjects')).json).toEqual(['a-value', 'b.proto', 'c.proto'])
  })

  test('of a GUID are written and found by it', async () => {
    const { registry, server } = await open({ writeIdTo: { key: 'payload', value: 'header' } })
    const { ids } = await registry.forWriting('s', order)
    expect(registry.framing('value', 'AVRO').prefix(ids)).toMatchObject({ bytes: Buffer.alloc(0) })
    expect(registry.framing('key', 'AVRO').prefix(ids)).toMatchObject({ bytes: Buffer.of(0, 0, 0, 0, 1) })
    const reader = await open({}, server)
    expect(await reader.registry.fetch({ kind: 'guid', id: ids.guid ?? '' })).toMatchObject({
      text: order.text,
    })
  })

  test('of a context are reached by its address, with ids of their own', async () => {
    const plain = await open()
    await plain.registry.forWriting(subject(plain.registry), other)
    const staging = await openTestRegistry(confluentSettings(['http://registry/contexts/.staging']), {
      server: plain.server,
    })
    const { registry } = staging
    const references = [{ name: 'Order', draft: order }]
    const text = avroRecord('Basket', { first: 'Order' })
    const basket = await registry.forWriting(subject(registry), { type: 'AVRO', text, references })
    expect(basket.ids.id).toBe(2)
    expect(await registry.fetch({ kind: 'id', id: 1 })).toMatchObject({ text: order.text })
    expect((await registry.latest(subject(registry))).references).toEqual([
      { name: 'Order', text: order.text },
    ])
    expect((await plain.registry.fetch({ kind: 'id', id: 1 })).text).toBe(other.text)
    const call = caller(plain.server)
    expect((await call('GET', '/subjects')).json).toEqual([
      ':.staging:Order',
      ':.staging:orders-value',
      'orders-value',
    ])
    await call('PUT', '/config/:.staging:', { compatibility: 'NONE' })
    expect((await registry.forWriting('Order', other)).ids.id).toBe(3)
  })

  test('the latest version is asked for again when it is old', async () => {
    const { registry, server, clock, link } = await open({ writing: { kind: 'latest' } })
    const call = caller(server)
    await call('POST', '/subjects/s/versions', { schema: order.text })
    expect((await registry.forWriting('s', other)).text).toBe(order.text)
    await call('PUT', '/config', { compatibility: 'NONE' })
    await call('POST', '/subjects/s/versions', { schema: other.text })
    await registry.latest('s')
    expect(link.sent).toHaveLength(1)
    await clock.advance(defaultLimits.latestAgeMaxMs)
    expect(await registry.latest('s')).toMatchObject({ text: other.text, version: 2, ids: { id: 2 } })
    expect((await registry.version('s', 1)).text).toBe(order.text)
  })

  test('are written by version or id where the settings say so, and looked up where nothing may be registered', async () => {
    const { server } = await open()
    const call = caller(server)
    await call('POST', '/subjects/s/versions', { schema: order.text })
    const with_ = async (writing: ConfluentSettings['writing']) => (await open({ writing }, server)).registry
    expect((await (await with_({ kind: 'version', version: 1 })).forWriting('s', other)).text).toBe(
      order.text,
    )
    expect((await (await with_({ kind: 'id', id: 1 })).forWriting('s', other)).text).toBe(order.text)
    expect((await (await with_({ kind: 'look-up' })).forWriting('s', order)).ids.id).toBe(1)
    expect(await failureOf((await with_({ kind: 'look-up' })).forWriting('s', other))).toMatchObject({
      code: 'SCHEMA_NOT_FOUND',
      detail: 'The registry answered 40403: Schema not found.',
    })
  })

  test('least used ones are forgotten where there are too many', async () => {
    const { registry, server, link } = await open({ limits: { ...defaultLimits, schemasMax: 2 } })
    for (const name of ['A', 'B', 'C'])
      await caller(server)('POST', `/subjects/${name}/versions`, { schema: avroRecord(name, {}) })
    for (const id of [1, 2, 1, 3, 1, 2]) await registry.fetch({ kind: 'id', id })
    expect(link.sent.map(({ target }) => target)).toEqual([1, 2, 3, 2].map((id) => `/schemas/ids/${id}`))
  })
})

describe('subjects', () => {
  test.each([
    ['topic', 'orders-value'],
    ['record', 'shop.Order'],
    ['topic-record', 'orders-shop.Order'],
  ] as const)('are called after the %s', async (strategy, expected) => {
    const { registry } = await open({ subjects: { key: 'topic', value: strategy } })
    expect(registry.subjectOf({ topic: 'orders', side: 'value', recordName: 'shop.Order' })).toBe(expected)
  })

  test('need a record with a name where they are called after it', async () => {
    const { registry } = await open({ subjects: { key: 'record', value: 'topic' } })
    expect(() => registry.subjectOf({ topic: 't', side: 'key' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'the key of topic "t" has no record with a name',
      }),
    )
  })
})

describe('a registry in trouble', () => {
  test('that is down for a moment is asked again, at the next address, with growing pauses', async () => {
    const { registry, link, clock } = await open({ urls: ['http://a', 'http://b'] })
    const down = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    link.outcomes.push(down, refusal(503, 503, 'starting'), down)
    const startMs = clock.monotonicMs()
    await whileTimePasses(clock, registry.register('s', order))
    expect(link.sent.map(({ url }) => url)).toEqual(['http://a', 'http://b', 'http://a', 'http://b'])
    const tookMs = clock.monotonicMs() - startMs
    expect(tookMs).toBeGreaterThanOrEqual(700)
    expect(tookMs).toBeLessThan(2000)
  })

  test('that stays down is trouble to retry later, and says nothing of passwords', async () => {
    const { registry, link, clock } = await open({ urls: ['http://user:secret@a'] })
    link.outcomes.push(...Array.from({ length: 4 }, () => refusal(500, 50001, 'broken')))
    const error = await failureOf(whileTimePasses(clock, registry.fetch({ kind: 'id', id: 1 })))
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      domain: 'external',
      retry: 'backoff',
      message: 'the schema registry at http://a does not answer',
      detail: 'The last of 4 tries: it answered 500.',
    })
    expect(registry.known({ kind: 'id', id: 1 })).toBeUndefined()
    expect(link.sent[0]?.headers['authorization']).toBe(
      `Basic ${Buffer.from('user:secret').toString('base64')}`,
    )
  })

  test('that is slow is given up after the limit of each try', async () => {
    const { registry, link, clock } = await open()
    link.outcomes.push('silence', 'silence', 'silence', 'silence')
    const error = await failureOf(whileTimePasses(clock, registry.latest('s')))
    expect(error.detail).toBe('The last of 4 tries: no answer within 10000 ms.')
  })

  test.each([
    ['', 'The answer is empty.'],
    ['<html>', 'The answer is no JSON.'],
    ['null', 'The answer is JSON but neither an object nor a list.'],
    ['{}', 'The answer has no field "schema".'],
  ])('that answers %j with success is no registry', async (body, detail) => {
    const { registry, link } = await open()
    const answer = { status: 200, headers: {}, body: Buffer.from(body) }
    link.outcomes.push(answer, answer)
    const refused = {
      code: 'REGISTRY_REFUSED',
      message: "could not read the schema registry's answer for the schema with id 1",
      detail,
    }
    expect(await failureOf(registry.fetch({ kind: 'id', id: 1 }))).toMatchObject(refused)
    if (body !== '{}') expect(await failureOf(registry.register('s', order))).toMatchObject({ detail })
  })

  test('that asks for patience gets it', async () => {
    const { registry, link, clock } = await open()
    link.outcomes.push({ ...refusal(429, 429, 'slow down'), headers: { 'retry-after': '7' } })
    const startMs = clock.monotonicMs()
    await whileTimePasses(clock, registry.register('s', order))
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(7000)
  })

  test('is never asked more often than allowed', async () => {
    const { registry, clock, server } = await open({ limits: { ...defaultLimits, requestsPerSecondMax: 10 } })
    await caller(server)('PUT', '/config', { compatibility: 'NONE' })
    const startMs = clock.monotonicMs()
    const drafts = Array.from({ length: 21 }, (_, index) => ({ ...order, text: avroRecord(`R${index}`, {}) }))
    await whileTimePasses(clock, Promise.all(drafts.map((draft) => registry.register('s', draft))))
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(1000)
  })

  test('answers that there is no such id once for many records, and is asked again later', async () => {
    const { registry, link, clock, server } = await open()
    for (let record = 0; record < 5; record++)
      expect(await failureOf(registry.fetch({ kind: 'id', id: 1 }))).toMatchObject({
        code: 'SCHEMA_NOT_FOUND',
        domain: 'user',
        message: 'the schema registry has nothing for the schema with id 1',
      })
    expect(link.sent).toHaveLength(1)
    expect(registry.known({ kind: 'id', id: 1 })).toBeInstanceOf(StreamError)
    await caller(server)('POST', '/subjects/s/versions', { schema: order.text })
    await clock.advance(defaultLimits.absentAgeMaxMs + 1)
    expect(registry.known({ kind: 'id', id: 1 })).toBeUndefined()
    expect((await registry.fetch({ kind: 'id', id: 1 })).text).toBe(order.text)
  })

  test.each([
    [refusal(401, 401, 'who?'), 'AUTHENTICATION_FAILED'],
    [refusal(403, 403, 'no'), 'NOT_AUTHORIZED'],
    [refusal(409, 409, 'incompatible'), 'SCHEMA_INCOMPATIBLE'],
    [refusal(422, 42201, 'Invalid schema'), 'SCHEMA_INVALID'],
    [refusal(422, 42205, 'read-only'), 'REGISTRY_REFUSED'],
    [refusal(404, 404, 'HTTP 404 Not Found'), 'REGISTRY_REFUSED'],
    [{ status: 404, headers: {}, body: Buffer.from('<html>') }, 'REGISTRY_REFUSED'],
    [{ status: 200, headers: {}, body: Buffer.from('<html>') }, 'REGISTRY_REFUSED'],
  ])('%# of refusals becomes an error at once', async (answer, code) => {
    const { registry, link } = await open()
    link.outcomes.push(answer)
    expect(await failureOf(registry.register('s', order))).toMatchObject({ code, retry: 'never' })
    expect(link.sent).toHaveLength(1)
  })

  test('an evolved schema that is not compatible is refused with the difference', async () => {
    const { registry } = await open()
    await registry.register('s', order)
    const error = await failureOf(registry.register('s', other))
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', domain: 'user' })
    expect(error.detail).toContain('TYPE_MISMATCH')
  })

  test('a client that is closed in the middle ends what waits', async () => {
    const { registry, link, clock } = await open()
    link.outcomes.push('silence')
    const waiting = failureOf(registry.latest('s'))
    await clock.advance(1)
    await registry.close()
    expect((await waiting).code).toBe('REGISTRY_UNREACHABLE')
  })
})

describe('credentials', () => {
  test.each([
    [{ kind: 'basic', username: 'u', password: 'p' }, 'Basic dTpw'],
    [{ kind: 'bearer', token: 't' }, 'Bearer t'],
    [{ kind: 'none' }, undefined],
  ] as const)('%j go with each request', async (auth, header) => {
    const { registry, link } = await open({ auth })
    await registry.register('s', order)
    expect(link.sent[0]?.headers['authorization']).toBe(header)
  })

  test('are shown with the cluster and the pool of identities that they are for, to the registry alone', async () => {
    const properties = {
      'schema.registry.url': 'https://registry',
      'bearer.auth.credentials.source': 'OAUTHBEARER',
      'bearer.auth.issuer.endpoint.url': 'https://login/token',
      'bearer.auth.client.id': 'c',
      'bearer.auth.client.secret': 's',
      'bearer.auth.logical.cluster': 'lsrc-1',
      'bearer.auth.identity.pool.id': 'pool-1',
    }
    const { settings, unsupported } = registrySettings('confluent', properties)
    expect(unsupported).toEqual([])
    const { registry, link } = await openTestRegistry(settings)
    const token = Buffer.from('{"access_token":"t","expires_in":60}')
    link.outcomes.push({ status: 200, headers: {}, body: token })
    await registry.register('s', order)
    const shown = link.sent.map(({ headers }) => [
      headers['target-sr-cluster'],
      headers['confluent-identity-pool-id'],
    ])
    expect(shown).toEqual([
      [undefined, undefined],
      ['lsrc-1', 'pool-1'],
    ])
  })

  test('tokens come from their endpoint and are fetched again before they end', async () => {
    const { registry, link, clock } = await open({
      auth: {
        kind: 'oauth',
        endpoint: 'https://login/token?x=1',
        clientId: 'c',
        clientSecret: 's',
        scope: 'all',
      },
    })
    const token = (access_token: string) => ({
      status: 200,
      headers: {},
      body: Buffer.from(JSON.stringify({ access_token, expires_in: 60 })),
    })
    link.outcomes.push(token('first'))
    await registry.register('a', order)
    await registry.register('b', order)
    await clock.advance(31_000)
    link.outcomes.push(token('second'))
    await registry.register('c', order)
    expect(link.sent.map(({ url, target, headers }) => [url + target, headers['authorization']])).toEqual([
      ['https://login/token?x=1', `Basic ${Buffer.from('c:s').toString('base64')}`],
      ['http://registry/subjects/a/versions', 'Bearer first'],
      ['http://registry/subjects/b/versions', 'Bearer first'],
      ['https://login/token?x=1', `Basic ${Buffer.from('c:s').toString('base64')}`],
      ['http://registry/subjects/c/versions', 'Bearer second'],
    ])
    await clock.advance(31_000)
    link.outcomes.push(refusal(400, 400, 'invalid_client'))
    const error = await failureOf(registry.register('d', order))
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(`${error.message} ${error.detail} ${error.hint}`).not.toContain('c:s')
  })
})
