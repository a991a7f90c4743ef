import { describe, expect, test } from 'vitest'
import { avroRecord, caller, openTestServer } from './fixtures/test-registry.ts'

// What Confluent's Java client sends (`RestService`), path by path, as its serialisers and its Maven plug-in use it, and what its own tests
// of the server expect. The goals `validate`, `test-local-compatibility` and `derive-schema` of the plug-in ask no registry.

const order = avroRecord('Order', { id: 'long' })
const wider = order.replace(']}', ',{"name":"note","type":["null","string"],"default":null}]}')
const broken = avroRecord('Order', { id: 'string' })
const properties = { properties: { owner: 'shop' } }

/** Two versions of orders, the second with metadata, and a schema that refers to the first. */
async function open() {
  const call = caller(await openTestServer())
  await call('POST', '/subjects/orders-value/versions?normalize=false', { schema: order })
  await call('POST', '/subjects/orders-value/versions?normalize=false', {
    schema: wider,
    metadata: properties,
  })
  const references = [{ name: 'Order', subject: 'orders-value', version: 1 }]
  const schema = avroRecord('Basket', { first: 'Order' })
  await call('POST', '/subjects/baskets-value/versions?normalize=false', { schema, references })
  return call
}

const guid = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown
const first = { schemaType: 'AVRO', schema: order, guid }

type Case = readonly [
  method: string,
  target: string,
  body: object | undefined,
  status: number,
  answer: unknown,
]

const serialisers: readonly Case[] = [
  // The name of the subject: that there are no associations is a 404, upon which the topic names it.
  [
    'GET',
    '/associations/resources/-/orders?resourceType=topic&associationType=value',
    undefined,
    404,
    { error_code: 404 },
  ],
  [
    'POST',
    '/subjects/orders-value/versions?normalize=false',
    { schema: order },
    200,
    { id: 1, version: 1, guid },
  ],
  ['POST', '/subjects/orders-value/versions?normalize=true', { schema: order }, 200, { id: 1, version: 1 }],
  [
    'POST',
    '/subjects/orders-value?normalize=false&deleted=false',
    { schema: order },
    200,
    { id: 1, version: 1, subject: 'orders-value', ...first },
  ],
  [
    'POST',
    '/subjects/orders-value?normalize=false&deleted=true',
    { schema: broken },
    404,
    { error_code: 40403 },
  ],
  [
    'POST',
    '/subjects/none-value?normalize=false&deleted=false',
    { schema: order },
    404,
    { error_code: 40401 },
  ],
  [
    'GET',
    '/subjects/orders-value/versions/latest',
    undefined,
    200,
    { id: 2, version: 2, schema: wider, metadata: properties },
  ],
  ['GET', '/subjects/none-value/versions/latest', undefined, 404, { error_code: 40401 }],
  ['GET', '/subjects/orders-value/metadata?key=owner&value=shop&deleted=false', undefined, 200, { id: 2 }],
  [
    'GET',
    '/subjects/orders-value/metadata?key=owner&value=other&deleted=false',
    undefined,
    404,
    { error_code: 40403 },
  ],
  [
    'GET',
    '/subjects/none-value/metadata?key=owner&value=shop&deleted=false',
    undefined,
    404,
    { error_code: 40401 },
  ],
  ['GET', '/schemas/ids/1?fetchMaxId=false&subject=orders-value', undefined, 200, first],
  ['GET', '/schemas/ids/1?fetchMaxId=true&subject=orders-value', undefined, 200, { ...first, maxId: 3 }],
  [
    'GET',
    '/schemas/ids/3?fetchMaxId=false&subject=baskets-value&format=resolved',
    undefined,
    200,
    { schema: expect.stringContaining(order) as unknown },
  ],
  ['GET', '/schemas/ids/9?fetchMaxId=false&subject=orders-value', undefined, 404, { error_code: 40403 }],
  ['GET', '/schemas/guids/00000000-0000-0000-0000-000000000000', undefined, 404, { error_code: 40403 }],
  ['POST', '/subjects/orders-value/versions?normalize=false', { schema: broken }, 409, { error_code: 40901 }],
  ['POST', '/subjects/orders-value/versions?normalize=false', { schema: '{' }, 422, { error_code: 42201 }],
]

const plugIn: readonly Case[] = [
  ['GET', '/subjects', undefined, 200, ['baskets-value', 'orders-value']],
  ['GET', '/subjects/orders-value/versions?deleted=false&deletedOnly=false', undefined, 200, [1, 2]],
  ['GET', '/subjects/orders-value/versions/1?deleted=false', undefined, 200, { id: 1, version: 1, ...first }],
  ['GET', '/subjects/orders-value/versions/9?deleted=false', undefined, 404, { error_code: 40402 }],
  [
    'GET',
    '/subjects/baskets-value/versions/1?deleted=false',
    undefined,
    200,
    { references: [{ name: 'Order', subject: 'orders-value', version: 1 }] },
  ],
  [
    'POST',
    '/compatibility/subjects/orders-value/versions/latest?normalize=false&verbose=true',
    { schema: wider },
    200,
    { is_compatible: true, messages: [] },
  ],
  [
    'POST',
    '/compatibility/subjects/orders-value/versions/?normalize=false&verbose=true',
    { schema: broken },
    200,
    {
      is_compatible: false,
      messages: expect.arrayContaining([expect.stringContaining('TYPE_MISMATCH')]) as unknown,
    },
  ],
  [
    'POST',
    '/compatibility/subjects/none-value/versions/latest?normalize=false&verbose=true',
    { schema: order },
    200,
    { is_compatible: true, messages: [] },
  ],
  [
    'POST',
    '/compatibility/subjects/orders-value/versions/9?normalize=false&verbose=false',
    { schema: order },
    404,
    { error_code: 40402 },
  ],
  [
    'POST',
    '/compatibility/subjects/orders-value/versions/0?normalize=false&verbose=false',
    { schema: order },
    422,
    { error_code: 42202 },
  ],
  [
    'POST',
    '/compatibility/subjects/orders-value/versions/latest?normalize=false&verbose=false',
    { schema: '{' },
    422,
    { error_code: 42201 },
  ],
  [
    'PUT',
    '/config/orders-value',
    { compatibility: 'FULL_TRANSITIVE' },
    200,
    { compatibility: 'FULL_TRANSITIVE' },
  ],
  ['PUT', '/config', { compatibility: 'NONE' }, 200, { compatibility: 'NONE' }],
  ['PUT', '/config', { compatibility: 'ANY' }, 422, { error_code: 42203 }],
  ['DELETE', '/config', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
  ['DELETE', '/config/orders-value', undefined, 404, { error_code: 40401 }],
  ['GET', '/config/orders-value?defaultToGlobal=false', undefined, 404, { error_code: 40408 }],
  ['GET', '/config/orders-value?defaultToGlobal=true', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
  ['GET', '/config?defaultToGlobal=false', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
]

const others: readonly Case[] = [
  ['GET', '/subjects?deleted=false&deletedOnly=false&subjectPrefix=orders', undefined, 200, ['orders-value']],
  ['GET', '/subjects?deleted=true&deletedOnly=true', undefined, 200, []],
  [
    'GET',
    '/subjects/orders-value/versions?deleted=false&deletedOnly=false&offset=1&limit=1',
    undefined,
    200,
    [2],
  ],
  ['GET', '/subjects/orders-value/versions/1/schema', undefined, 200, JSON.parse(order)],
  ['GET', '/subjects/orders-value/versions/latest/schema', undefined, 200, JSON.parse(wider)],
  ['GET', '/subjects/orders-value/versions/1/referencedby?deleted=false', undefined, 200, [3]],
  ['GET', '/subjects/orders-value/versions/1/referencedby?offset=1&limit=1', undefined, 200, []],
  ['GET', '/schemas?deleted=false&latestOnly=true', undefined, 200, [{ id: 3 }, { id: 2 }]],
  [
    'GET',
    '/schemas?subjectPrefix=orders&aliases=false&deleted=false&latestOnly=false&offset=1&limit=1',
    undefined,
    200,
    [{ id: 2 }],
  ],
  ['GET', '/schemas/types', undefined, 200, ['JSON', 'PROTOBUF', 'AVRO']],
  ['GET', '/schemas/ids/1/schema?subject=orders-value', undefined, 200, JSON.parse(order)],
  ['GET', '/schemas/ids/1/subjects?deleted=false', undefined, 200, ['orders-value']],
  ['GET', '/schemas/ids/1/subjects?deleted=false&subject=orders-value&limit=1&offset=1', undefined, 200, []],
  ['GET', '/schemas/ids/9/subjects?deleted=false', undefined, 404, { error_code: 40403 }],
  ['GET', '/schemas/ids/-1/subjects?deleted=false', undefined, 404, { error_code: 40403 }],
  ['GET', '/schemas/ids/1/versions?deleted=false', undefined, 200, [{ subject: 'orders-value', version: 1 }]],
  ['GET', '/schemas/ids/9/versions?deleted=false', undefined, 404, { error_code: 40403 }],
  ['GET', '/contexts', undefined, 200, ['.']],
  ['GET', '/contexts?limit=1&offset=1', undefined, 200, []],
  ['GET', '/contexts?contextPrefix=.st', undefined, 200, []],
  ['DELETE', '/contexts/:.:', undefined, 422, { error_code: 42211 }],
  ['DELETE', '/contexts/:.empty:', undefined, 204, ''],
  ['GET', '/mode?defaultToGlobal=false', undefined, 200, { mode: 'READWRITE' }],
  ['GET', '/mode/orders-value?defaultToGlobal=false', undefined, 404, { error_code: 40409 }],
  ['PUT', '/mode/orders-value?force=false', { mode: 'IMPORT' }, 422, { error_code: 42205 }],
  ['PUT', '/mode/orders-value?force=true', { mode: 'IMPORT' }, 200, { mode: 'IMPORT' }],
  ['PUT', '/mode?force=false', { mode: 'NOTHING' }, 422, { error_code: 42204 }],
  ['DELETE', '/mode/orders-value', undefined, 404, { error_code: 40401 }],
  ['DELETE', '/mode?recursive=true', undefined, 200, { mode: 'READWRITE' }],
  ['DELETE', '/subjects/orders-value/versions/1', undefined, 422, { error_code: 42206 }],
  ['DELETE', '/subjects/orders-value', undefined, 422, { error_code: 42206 }],
  ['DELETE', '/subjects/orders-value/versions/2', undefined, 200, 2],
  ['DELETE', '/subjects/orders-value/versions/2?permanent=true', undefined, 404, { error_code: 40407 }],
  ['DELETE', '/subjects/baskets-value', undefined, 200, [1]],
  ['DELETE', '/subjects/baskets-value?permanent=true', undefined, 404, { error_code: 40405 }],
  ['GET', '/v1/metadata/id', undefined, 200, { scope: { path: [], clusters: expect.anything() as unknown } }],
  ['GET', '/v1/metadata/version', undefined, 200, { version: 'weft', commitId: '' }],
  ['GET', '/v1/metadata/deployment', undefined, 200, { attributes: [] }],
]

describe("what Confluent's Java client calls", () => {
  test.each([...serialisers, ...plugIn, ...others])(
    '%s %s %j answers %i',
    async (method, target, body, status, answer) => {
      const call = await open()
      const answered = await call(method, target, body)
      expect(answered.status).toBe(status)
      if (typeof answer === 'object') expect(answered.json).toMatchObject(answer as object)
      else expect(answered.json).toEqual(answer)
    },
  )

  test('a GUID finds its schema and its ids in each context', async () => {
    const call = await open()
    const { guid: known } = (await call('GET', '/schemas/ids/1')).json as { guid: string }
    await call('POST', '/subjects/%3A.ctx%3Aorders-value/versions?normalize=false', { schema: order })
    expect((await call('GET', `/schemas/guids/${known}`)).json).toMatchObject(first)
    expect((await call('GET', `/schemas/guids/${known}/ids`)).json).toEqual([
      { context: '.', id: 1 },
      { context: '.ctx', id: 1 },
    ])
  })
})

const base = '{"type":"record","name":"Base","namespace":"ns","fields":[{"name":"id","type":"string"}]}'
const derived =
  '{"type":"record","name":"Derived","namespace":"ns","fields":[{"name":"base","type":"ns.Base"}]}'
const toBase = [{ name: 'ns.Base', subject: 'base', version: 1 }]

describe('what a serialiser does not send', () => {
  test('metadata and rules are those of the version before', async () => {
    const call = await open()
    const sent = { schema: wider }
    const target = '/subjects/orders-value'
    expect((await call('POST', `${target}/versions`, sent)).json).toMatchObject({ id: 2, version: 2 })
    expect((await call('POST', target, sent)).json).toMatchObject({ version: 2, metadata: properties })
    const ruleSet = { domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL' }] }
    expect((await call('POST', `${target}/versions`, { ...sent, ruleSet })).json.version).toBe(3)
    expect((await call('POST', `${target}/versions`, { schema: '', metadata: {} })).json.version).toBe(4)
    expect((await call('GET', `${target}/versions/4`)).json).toMatchObject({
      schema: wider,
      metadata: {},
      ruleSet,
    })
  })

  test('references are found where the schema has inside what it refers to', async () => {
    const call = await open()
    await call('POST', '/subjects/base/versions', { schema: base })
    await call('POST', '/subjects/derived/versions', { schema: derived, references: toBase })
    const whole = { schema: derived.replace('"ns.Base"', base) }
    expect((await call('POST', '/subjects/derived', whole)).json).toMatchObject({
      version: 1,
      references: toBase,
    })
    expect((await call('POST', '/subjects/derived/versions', whole)).json.version).toBe(1)
    const other = { schema: derived.replace('"ns.Base"', base.replace('"string"', '"bytes"')) }
    expect((await call('POST', '/subjects/derived', other)).json.error_code).toBe(40403)
  })

  test('a reference to the latest version is to the one that is the latest then', async () => {
    const call = await open()
    await call('POST', '/subjects/base/versions', { schema: base })
    const references = [{ name: 'ns.Base', subject: 'base', version: -1 }]
    await call('POST', '/subjects/derived/versions', { schema: derived, references })
    expect((await call('GET', '/subjects/derived/versions/1')).json.references).toEqual(toBase)
    expect((await call('POST', '/subjects/derived', { schema: derived, references })).json.version).toBe(1)
  })
})

describe('modes and settings', () => {
  const sorted = '{"type":"fixed","name":"F","size":2,"a":1,"b":2}'
  const unsorted = '{"type":"fixed","name":"F","size":2,"b":2,"a":1}'

  test('what is imported stays as it is, whatever is said of normalising', async () => {
    const call = await open()
    await call('PUT', '/config/f', { normalize: true })
    await call('PUT', '/mode/f', { mode: 'IMPORT' })
    await call('POST', '/subjects/f/versions?normalize=true', { schema: unsorted, id: 40, version: 1 })
    expect((await call('GET', '/subjects/f/versions/1')).json).toMatchObject({ id: 40, schema: unsorted })
    await call('DELETE', '/mode/f')
    expect((await call('POST', '/subjects/f/versions', { schema: unsorted })).json.version).toBe(2)
    expect((await call('GET', '/subjects/f/versions/2')).json.schema).toBe(sorted)
  })

  test('import mode clears what was deleted, so that its ids are free', async () => {
    const call = await open()
    await call('DELETE', '/subjects/baskets-value')
    await call('DELETE', '/subjects/orders-value')
    await call('PUT', '/mode', { mode: 'IMPORT' })
    expect((await call('GET', '/subjects?deleted=true')).json).toEqual([])
    expect(
      (await call('POST', '/subjects/x/versions', { schema: sorted, id: 1, version: 3 })).json,
    ).toMatchObject({ id: 1, version: 3 })
    await call('PUT', '/mode', { mode: null })
    expect((await call('GET', '/mode')).json).toEqual({ mode: 'READWRITE' })
    const again = (await call('POST', '/subjects/orders-value/versions', { schema: order })).json as {
      id: number
    }
    expect(again.id).toBeGreaterThan(1)
  })

  test('what others refer to keeps a subject from being imported anew', async () => {
    const call = await open()
    await call('DELETE', '/subjects/baskets-value')
    await call('DELETE', '/subjects/orders-value')
    expect((await call('PUT', '/mode/orders-value', { mode: 'IMPORT' })).json.error_code).toBe(42206)
  })

  test('an import may be repeated, and a schema that is there registered where nothing may be written', async () => {
    const call = await open()
    await call('PUT', '/mode/f', { mode: 'IMPORT' })
    const imported = { schema: sorted, id: 40, version: 7 }
    for (let time = 0; time < 2; time++)
      expect((await call('POST', '/subjects/f/versions', imported)).json).toMatchObject({
        id: 40,
        version: 7,
      })
    await call('PUT', '/mode', { mode: 'READONLY_OVERRIDE' })
    expect((await call('POST', '/subjects/f/versions', { schema: sorted })).json).toMatchObject({ id: 40 })
    expect((await call('POST', '/subjects/g/versions', { schema: sorted })).json.error_code).toBe(42205)
  })

  test('modes of a context go with it where that is wanted', async () => {
    const call = await open()
    for (const scope of [':.c:', ':.c:a', 'orders-value'])
      await call('PUT', `/mode/${scope}`, { mode: 'READONLY' })
    expect((await call('DELETE', '/mode/:.c:?recursive=true')).json).toEqual({ mode: 'READONLY' })
    expect((await call('GET', '/mode/:.c:a')).json.error_code).toBe(40409)
    expect((await call('GET', '/mode/orders-value')).json).toEqual({ mode: 'READONLY' })
  })

  test('the default context is that of all', async () => {
    const call = await open()
    await call('PUT', '/config/:.:', { compatibility: 'FORWARD_TRANSITIVE' })
    expect((await call('GET', '/config')).json).toEqual({ compatibilityLevel: 'FORWARD_TRANSITIVE' })
    expect((await call('DELETE', '/config/:.:')).json).toEqual({ compatibilityLevel: 'FORWARD_TRANSITIVE' })
    await call('PUT', '/mode/:.:', { mode: 'READONLY' })
    expect((await call('GET', '/mode')).json).toEqual({ mode: 'READONLY' })
  })

  test('settings that are not named stay, null takes one away', async () => {
    const call = await open()
    await call('PUT', '/config/s', { compatibility: 'FULL', compatibilityGroup: 'major' })
    const answer = await call('PUT', '/config/s', { normalize: true, compatibilityGroup: null })
    expect(answer.json).toEqual({ compatibility: 'FULL', normalize: true })
    expect((await call('GET', '/config/s')).json).toEqual({ compatibilityLevel: 'FULL', normalize: true })
  })

  test('a schema that is forced is not compared', async () => {
    const call = await open()
    const forced = await call('POST', '/subjects/orders-value/versions?normalize=false&force=true', {
      schema: broken,
    })
    expect(forced.json).toMatchObject({ version: 3 })
  })

  test('schemas of other contexts are listed by their prefix', async () => {
    const call = await open()
    await call('POST', '/subjects/:.ctx:orders-value/versions', { schema: broken })
    expect((await call('GET', '/schemas?subjectPrefix=:.ctx:')).json).toMatchObject([{ schema: broken }])
    expect((await call('GET', '/schemas?deleted=false&latestOnly=false')).json).toHaveLength(3)
    expect((await call('GET', '/schemas?subjectPrefix=:*:orders')).json).toHaveLength(3)
    expect((await call('DELETE', '/contexts/:.ctx:')).json.error_code).toBe(42211)
  })
})

describe('deleting', () => {
  test('a schema whose reference has gone cannot come back', async () => {
    const call = await open()
    await call('POST', '/subjects/base/versions', { schema: base })
    await call('POST', '/subjects/derived/versions', { schema: derived, references: toBase })
    for (const target of ['/subjects/derived', '/subjects/base'])
      for (const permanent of ['', '?permanent=true'])
        expect((await call('DELETE', `${target}/versions/1${permanent}`)).json).toBe(1)
    const revived = await call('POST', '/subjects/derived/versions', { schema: derived, references: toBase })
    expect(revived.json.error_code).toBe(42201)
  })

  test('what a deleted schema refers to can be deleted softly, but not for good', async () => {
    const call = await open()
    await call('DELETE', '/subjects/baskets-value')
    expect((await call('DELETE', '/subjects/orders-value')).json).toEqual([1, 2])
    expect((await call('DELETE', '/subjects/orders-value?permanent=true')).json.error_code).toBe(42206)
    expect((await call('POST', '/subjects/orders-value/versions', { schema: order })).json).toMatchObject({
      id: 1,
      version: 3,
    })
    expect((await call('GET', '/subjects/orders-value/versions/1?deleted=true')).json).toMatchObject({
      id: 1,
      deleted: true,
    })
    expect((await call('GET', '/subjects/orders-value/versions?deletedAsNegative=true')).json).toEqual([
      -1, -2, 3,
    ])
  })

  test('a subject whose versions refer to each other goes as a whole', async () => {
    const call = await open()
    await call('PUT', '/config/base', { compatibility: 'NONE' })
    await call('POST', '/subjects/base/versions', { schema: base })
    await call('POST', '/subjects/base/versions', { schema: derived, references: toBase })
    expect((await call('DELETE', '/subjects/base')).json).toEqual([1, 2])
    expect((await call('DELETE', '/subjects/base')).json.error_code).toBe(40404)
    expect((await call('DELETE', '/subjects/base?permanent=true')).json).toEqual([1, 2])
    expect((await call('GET', '/config/base')).json.error_code).toBe(40408)
  })
})
