import { describe, expect, test } from 'vitest'
import { avroRecord, caller, ListLog, openTestServer } from './fixtures/test-registry.ts'

const order = avroRecord('Order', { id: 'long' })
const wider = avroRecord('Order', { id: 'long', note: ['null', 'string'] }).replace(
  '"type":["null","string"]',
  '"type":["null","string"],"default":null',
)
const broken = avroRecord('Order', { id: 'string' })
const failure = (error_code: number, message: string): object => ({ error_code, message })

async function open(log?: ListLog) {
  const server = await openTestServer(log)
  return { server, call: caller(server) }
}

/** A server whose subject has two versions. */
async function openWithTwo(log?: ListLog) {
  const opened = await open(log)
  await opened.call('POST', '/subjects/orders-value/versions', { schema: order })
  await opened.call('POST', '/subjects/orders-value/versions', { schema: wider })
  return opened
}

describe('subjects and versions', () => {
  test('the same schema keeps its version and id, in other subjects its id', async () => {
    const { call } = await openWithTwo()
    const again = await call('POST', '/subjects/orders-value/versions', { schema: `  ${order}` })
    const other = await call('POST', '/subjects/other-value/versions', { schema: order })
    expect(again.json).toMatchObject({ id: 1, version: 1 })
    expect(other.json).toMatchObject({ id: 1, version: 1 })
    expect((await call('GET', '/subjects')).json).toEqual(['orders-value', 'other-value'])
    expect((await call('GET', '/subjects/orders-value/versions')).json).toEqual([1, 2])
    expect((await call('GET', '/schemas/ids/1/subjects')).json).toEqual(['orders-value', 'other-value'])
    expect((await call('GET', '/schemas/ids/2/versions')).json).toEqual([
      { subject: 'orders-value', version: 2 },
    ])
  })

  test('a schema is found by id, GUID, version and content', async () => {
    const { call } = await openWithTwo()
    const byId = (await call('GET', '/schemas/ids/2')).json
    expect(byId).toMatchObject({ schemaType: 'AVRO', schema: wider })
    expect((await call('GET', `/schemas/guids/${byId.guid}`)).json).toMatchObject({ schema: wider })
    expect((await call('GET', `/schemas/guids/${byId.guid}/ids`)).json).toEqual([{ context: '.', id: 2 }])
    expect((await call('GET', '/subjects/orders-value/versions/latest')).json).toMatchObject({
      id: 2,
      version: 2,
    })
    expect((await call('GET', '/subjects/orders-value/versions/1/schema')).json).toEqual(JSON.parse(order))
    expect((await call('POST', '/subjects/orders-value', { schema: order })).json).toMatchObject({
      version: 1,
    })
    expect((await call('GET', '/schemas?latestOnly=true')).json).toMatchObject([{ version: 2 }])
  })

  test('lists come in pages and by prefix', async () => {
    const { call } = await open()
    for (const name of ['a', 'b', 'bc']) await call('POST', `/subjects/${name}/versions`, { schema: order })
    expect((await call('GET', '/subjects?offset=1&limit=1')).json).toEqual(['b'])
    expect((await call('GET', '/subjects?subjectPrefix=b')).json).toEqual(['b', 'bc'])
  })

  test.each([
    ['GET', '/subjects/none/versions', 404, failure(40401, "Subject 'none' not found.")],
    ['GET', '/subjects/none/versions/1', 404, failure(40401, "Subject 'none' not found.")],
    ['GET', '/subjects/orders-value/versions/9', 404, failure(40402, 'Version 9 not found.')],
    ['GET', '/subjects/orders-value/versions/0', 422, { error_code: 42202 }],
    ['GET', '/schemas/ids/9', 404, failure(40403, 'Schema 9 not found')],
    ['GET', '/schemas/guids/nothing', 404, failure(40403, 'Schema nothing not found')],
    ['GET', '/config/none', 404, { error_code: 40408 }],
    ['GET', '/mode/none', 404, { error_code: 40409 }],
    ['DELETE', '/subjects/none', 404, { error_code: 40401 }],
    ['DELETE', '/subjects/orders-value/versions/1?permanent=true', 404, { error_code: 40407 }],
    ['DELETE', '/subjects/orders-value?permanent=true', 404, { error_code: 40405 }],
    ['GET', '/nothing/here', 404, { error_code: 404 }],
    ['DELETE', '/subjects', 405, { error_code: 405 }],
    ['GET', '/subjects/%ff/versions', 400, { error_code: 400 }],
    ['GET', '/contexts/%ff/subjects', 400, { error_code: 400 }],
    ['GET', '//nothing', 404, { error_code: 404 }],
    ['GET', '', 200, {}],
  ])('%s %s answers %i', async (method, target, status, json) => {
    const { call } = await openWithTwo()
    const answer = await call(method, target)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject(json)
  })

  test.each([
    [{ schema: '{"type":"recrod"}' }, 42201],
    [{ schema: '' }, 42201],
    [{ schema: order, schemaType: 'THRIFT' }, 42201],
    [{ schema: 'message A {', schemaType: 'PROTOBUF' }, 42201],
    [{ schema: '{"type":"nothing"}', schemaType: 'JSON' }, 42201],
    [{ schema: order, references: [{ name: 'a', subject: 'missing', version: 1 }] }, 42201],
    [{ schema: order, id: 7 }, 42205],
  ])('refuses to register %j with %i', async (body, code) => {
    const { call } = await open()
    const answer = await call('POST', '/subjects/s/versions', body)
    expect([answer.status, answer.json.error_code]).toEqual([422, code])
    expect((await call('GET', '/subjects')).json).toEqual([])
  })

  test('schemas of all three types are kept in the form that clients ask for', async () => {
    const { call } = await open()
    const proto = 'syntax = "proto3"; message A { int32 a = 1; }'
    await call('POST', '/subjects/p/versions', { schema: proto, schemaType: 'PROTOBUF' })
    const serialized = (await call('GET', '/schemas/ids/1?format=serialized')).json.schema as string
    const again = await call('POST', '/subjects/p/versions', { schema: serialized, schemaType: 'PROTOBUF' })
    expect(again.json).toMatchObject({ id: 1, version: 1 })
    await call('POST', '/subjects/q/versions', { schema: serialized, schemaType: 'PROTOBUF' })
    await call('POST', '/subjects/j/versions', {
      schema: ' {"type": "object", "x": 1.0}',
      schemaType: 'JSON',
    })
    expect((await call('GET', '/subjects/j/versions/1')).json.schema).toBe('{"type":"object","x":1.0}')
    expect((await call('GET', '/schemas/types')).json).toEqual(['JSON', 'PROTOBUF', 'AVRO'])
  })

  test('normalising makes schemas equal that differ in the order of attributes', async () => {
    const { call } = await open()
    const first = '{"type":"fixed","name":"F","size":2,"a":1,"b":2}'
    const second = '{"type":"fixed","name":"F","size":2,"b":2,"a":1}'
    await call('POST', '/subjects/f/versions?normalize=true', { schema: first })
    expect((await call('POST', '/subjects/f', { schema: second })).status).toBe(404)
    expect((await call('POST', '/subjects/f?normalize=true', { schema: second })).json.version).toBe(1)
    await call('PUT', '/config/f', { normalize: true })
    expect((await call('POST', '/subjects/f', { schema: second })).json.version).toBe(1)
  })
})

describe('deleting', () => {
  test('softly deleted versions are found by id, and listed only where they are asked for', async () => {
    const { call } = await openWithTwo()
    expect((await call('DELETE', '/subjects/orders-value/versions/1')).json).toBe(1)
    expect((await call('DELETE', '/subjects/orders-value/versions/1')).json.error_code).toBe(40406)
    expect((await call('GET', '/subjects/orders-value/versions')).json).toEqual([2])
    expect((await call('GET', '/subjects/orders-value/versions?deleted=true')).json).toEqual([1, 2])
    expect((await call('GET', '/subjects/orders-value/versions?deletedAsNegative=true')).json).toEqual([
      -1, 2,
    ])
    expect((await call('GET', '/schemas/ids/1')).status).toBe(200)
    expect((await call('GET', '/subjects/orders-value/versions/1')).status).toBe(404)
    expect((await call('GET', '/subjects/orders-value/versions/1?deleted=true')).json.deleted).toBe(true)
  })

  test('a subject goes softly, then for good, with its settings', async () => {
    const { call } = await openWithTwo()
    await call('PUT', '/config/orders-value', { compatibility: 'NONE' })
    expect((await call('DELETE', '/subjects/orders-value')).json).toEqual([1, 2])
    expect((await call('DELETE', '/subjects/orders-value')).json.error_code).toBe(40404)
    expect((await call('GET', '/subjects')).json).toEqual([])
    expect((await call('GET', '/subjects?deletedOnly=true')).json).toEqual(['orders-value'])
    expect((await call('DELETE', '/subjects/orders-value?permanent=true')).json).toEqual([1, 2])
    expect((await call('GET', '/schemas/ids/1')).status).toBe(404)
    expect((await call('GET', '/config/orders-value')).status).toBe(404)
  })

  test('a schema that comes back keeps its id and takes the place of its deleted version', async () => {
    const { call } = await openWithTwo()
    await call('DELETE', '/subjects/orders-value')
    expect((await call('POST', '/subjects/orders-value/versions', { schema: order })).json).toMatchObject({
      id: 1,
      version: 3,
    })
    expect((await call('GET', '/subjects/orders-value/versions?deleted=true')).json).toEqual([2, 3])
  })
})

describe('references', () => {
  test('are resolved, listed from both sides, and protect what they refer to', async () => {
    const { call } = await open()
    const money = '{"type":"record","name":"Money","namespace":"m","fields":[{"name":"units","type":"long"}]}'
    await call('POST', '/subjects/money/versions', { schema: money })
    const bill = '{"type":"record","name":"Bill","fields":[{"name":"total","type":"m.Money"}]}'
    const references = [{ name: 'm.Money', subject: 'money', version: -1 }]
    const registered = await call('POST', '/subjects/bills/versions', { schema: bill, references })
    expect(registered.json).toMatchObject({ id: 2, version: 1 })
    expect((await call('GET', '/subjects/bills/versions/1')).json).toMatchObject({
      schema: bill,
      references: [{ version: 1 }],
    })
    expect((await call('GET', '/subjects/money/versions/1/referencedby')).json).toEqual([2])
    expect((await call('GET', '/schemas/ids/2?format=resolved')).json.schema).toContain('"units"')
    expect((await call('DELETE', '/subjects/money/versions/1')).json.error_code).toBe(42206)
    expect((await call('DELETE', '/subjects/money')).json.error_code).toBe(42206)
    await call('DELETE', '/subjects/bills')
    expect((await call('DELETE', '/subjects/money')).status).toBe(200)
  })
})

describe('settings', () => {
  test('compatibility is that of the subject, else of all, and is applied', async () => {
    const { call } = await openWithTwo()
    const register = () => call('POST', '/subjects/orders-value/versions', { schema: broken })
    expect((await call('GET', '/config')).json).toEqual({ compatibilityLevel: 'BACKWARD' })
    expect(await register()).toMatchObject({ status: 409, json: { error_code: 40901 } })
    expect((await call('PUT', '/config', { compatibility: 'none' })).json).toEqual({ compatibility: 'NONE' })
    expect((await call('GET', '/config/orders-value?defaultToGlobal=true')).json.compatibilityLevel).toBe(
      'NONE',
    )
    await call('PUT', '/config/orders-value', { compatibility: 'FULL' })
    expect((await register()).status).toBe(409)
    expect((await call('DELETE', '/config/orders-value')).json).toEqual({ compatibilityLevel: 'FULL' })
    expect((await register()).json).toMatchObject({ id: 3, version: 3 })
    expect((await call('PUT', '/config', { compatibility: 'SOME' })).json.error_code).toBe(42203)
  })

  test('tests of compatibility say why, and change nothing', async () => {
    const { call } = await openWithTwo()
    const target = '/compatibility/subjects/orders-value/versions'
    expect((await call('POST', `${target}/latest`, { schema: broken })).json).toEqual({
      is_compatible: false,
    })
    const verbose = await call('POST', `${target}?verbose=true`, { schema: broken })
    expect(verbose.json.messages[0]).toContain('TYPE_MISMATCH')
    expect((await call('POST', `${target}/1`, { schema: wider })).json).toEqual({ is_compatible: true })
    expect((await call('POST', `${target}/7`, { schema: wider })).json.error_code).toBe(40402)
    const unread = await call('POST', `${target}?verbose=true`, { schema: '{' })
    expect(unread.json).toMatchObject({
      is_compatible: false,
      messages: [expect.stringContaining('no JSON')],
    })
    expect(
      (await call('POST', '/compatibility/subjects/new/versions/latest', { schema: order })).json,
    ).toEqual({
      is_compatible: true,
    })
    expect((await call('GET', '/subjects/orders-value/versions')).json).toEqual([1, 2])
  })

  test('a read-only subject takes no schema, and can be made writable again', async () => {
    const { call } = await openWithTwo()
    await call('PUT', '/mode/orders-value', { mode: 'READONLY' })
    const refused = await call('POST', '/subjects/orders-value/versions', { schema: avroRecord('Order', {}) })
    expect(refused.json).toEqual(failure(42205, 'Subject orders-value in context . is in read-only mode'))
    expect((await call('DELETE', '/subjects/orders-value')).json.error_code).toBe(42205)
    expect((await call('DELETE', '/mode/orders-value')).json).toEqual({ mode: 'READONLY' })
    expect((await call('GET', '/mode/orders-value?defaultToGlobal=true')).json).toEqual({ mode: 'READWRITE' })
    expect((await call('PUT', '/mode', { mode: 'SOME' })).json.error_code).toBe(42204)
  })

  test('import mode takes ids and versions as they are, where no others are', async () => {
    const { call } = await openWithTwo()
    expect((await call('PUT', '/mode', { mode: 'IMPORT' })).json.error_code).toBe(42205)
    expect((await call('PUT', '/mode/new', { mode: 'IMPORT' })).json).toEqual({ mode: 'IMPORT' })
    const imported = { schema: avroRecord('A', {}), id: 77, version: 5 }
    expect((await call('POST', '/subjects/new/versions', imported)).json).toMatchObject({
      id: 77,
      version: 5,
    })
    const clash = { schema: avroRecord('B', {}), id: 77, version: 6 }
    expect((await call('POST', '/subjects/new/versions', clash)).json.error_code).toBe(42205)
    await call('DELETE', '/mode/new')
    expect((await call('POST', '/subjects/after/versions', { schema: avroRecord('C', {}) })).json.id).toBe(78)
  })
})

test('contexts count ids for themselves and are reached by path or by name', async () => {
  const { call } = await openWithTwo()
  await call('POST', '/contexts/.staging/subjects/s/versions', { schema: wider })
  expect((await call('GET', '/subjects/:.staging:s/versions/1')).json).toMatchObject({ id: 1, schema: wider })
  expect((await call('GET', '/contexts/.staging/schemas/ids/1')).json.schema).toBe(wider)
  expect((await call('GET', '/schemas/ids/1?subject=:.staging:')).json.schema).toBe(wider)
  expect((await call('GET', '/contexts/.staging/subjects')).json).toEqual([':.staging:s'])
  expect((await call('GET', '/contexts')).json).toEqual(['.', '.staging'])
  await call('PUT', '/config/:.staging:', { compatibility: 'NONE' })
  expect((await call('GET', '/config/:.staging:s?defaultToGlobal=true')).json.compatibilityLevel).toBe('NONE')
  expect((await call('GET', '/config/orders-value?defaultToGlobal=true')).json.compatibilityLevel).toBe(
    'BACKWARD',
  )
})

test("Confluent's interface stands where Apicurio's server has it, too", async () => {
  const { call } = await openWithTwo()
  const versions = '/subjects/orders-value/versions'
  expect((await call('GET', `/apis/ccompat/v7${versions}`)).json).toEqual([1, 2])
  expect(
    (await call('POST', `/apis/ccompat/v7/contexts/.other${versions}`, { schema: order })).json,
  ).toMatchObject({
    id: 1,
  })
  expect((await call('GET', '/contexts')).json).toEqual(['.', '.other'])
  expect((await call('GET', '/apis/ccompat/v7/subjects/none/versions')).json).toEqual(
    failure(40401, "Subject 'none' not found."),
  )
})

describe('the log', () => {
  test('a server that is opened again knows the same, also when the log was compacted', async () => {
    const log = new ListLog()
    const { call } = await openWithTwo(log)
    await call('POST', '/subjects/gone/versions', { schema: avroRecord('Gone', {}) })
    await call('DELETE', '/subjects/gone')
    await call('DELETE', '/subjects/gone?permanent=true')
    await call('PUT', '/config', { compatibility: 'FULL' })
    await call('PUT', '/mode/orders-value', { mode: 'READONLY' })
    await call('POST', '/subjects/soft/versions', { schema: avroRecord('Soft', {}) })
    await call('DELETE', '/subjects/soft')
    const targets = [
      '/subjects?deleted=true',
      '/subjects',
      '/schemas?deleted=true',
      '/schemas/ids/3',
      '/schemas/ids/4',
      '/config',
      '/mode/orders-value',
      '/subjects/soft/versions?deleted=true',
    ]
    const answers = async (ask: typeof call) => Promise.all(targets.map((target) => ask('GET', target)))
    const before = await answers(call)
    expect(await answers((await open(log)).call)).toEqual(before)
    log.compact()
    const { call: afterwards } = await open(log)
    expect(await answers(afterwards)).toEqual(before)
    expect(
      (await afterwards('POST', '/subjects/new/versions', { schema: avroRecord('New', {}) })).json.id,
    ).toBe(5)
  })

  test("records of Confluent's registry are understood", async () => {
    const log = new ListLog()
    log.records = [
      { key: '{"keytype":"NOOP","magic":0}', value: null },
      {
        key: '{"keytype":"CONFIG","subject":null,"magic":0}',
        value: '{"subject":null,"compatibilityLevel":"FULL"}',
      },
      {
        key: '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
        value: JSON.stringify({
          subject: 's',
          version: 1,
          id: 12,
          md5: 'x==',
          schema: order,
          deleted: false,
          offset: 4,
          ts: 5,
        }),
      },
      {
        key: '{"keytype":"CONTEXT","tenant":"default","context":".x","magic":0}',
        value: '{"tenant":"default"}',
      },
    ]
    const { call } = await open(log)
    expect((await call('GET', '/schemas/ids/12')).json.schema).toBe(order)
    expect((await call('GET', '/config')).json.compatibilityLevel).toBe('FULL')
    expect((await call('POST', '/subjects/s/versions', { schema: wider })).json).toMatchObject({
      id: 13,
      version: 2,
    })
  })

  test('what could not be written is not known, and the next try has the same id', async () => {
    const log = new ListLog()
    const { call } = await open(log)
    log.failing = true
    expect((await call('POST', '/subjects/s/versions', { schema: order })).json.error_code).toBe(50001)
    expect((await call('GET', '/subjects')).json).toEqual([])
    log.failing = false
    expect((await call('POST', '/subjects/s/versions', { schema: order })).json.id).toBe(1)
  })

  test('registrations at the same time get different ids', async () => {
    const { call } = await open(new ListLog())
    const names = Array.from({ length: 20 }, (_, index) => `r${index}`)
    const answers = await Promise.all(
      names.map((name) => call('POST', '/subjects/many/versions', { schema: `"string"`, name })),
    )
    expect(new Set(answers.map(({ json }) => json.id))).toEqual(new Set([1]))
    await call('PUT', '/config', { compatibility: 'NONE' })
    const different = await Promise.all(
      names.map((name) => call('POST', '/subjects/others/versions', { schema: avroRecord(name, {}) })),
    )
    expect(new Set(different.map(({ json }) => json.id)).size).toBe(20)
    expect(new Set(different.map(({ json }) => json.version)).size).toBe(20)
  })
})
