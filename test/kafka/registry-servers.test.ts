/**
 * Our clients see the same of the embedded registry as of a real one. The real one is Apicurio's server, which has both interfaces; it is
 * taken where `APICURIO_URL` says that one runs, such as `http://127.0.0.1:8080`. (Maven Central has it as
 * `io.apicurio:apicurio-registry-app:3.3.3:all:tar.gz`, 158 MB; it needs Java 21.)
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { StreamError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { SchemaDraft, SchemaRegistry } from '../../src/registry/contracts.ts'
import { openRegistry } from '../../src/registry/open-registry.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { apicurioSettings, confluentSettings, type RegistrySettings } from '../../src/registry/settings.ts'

const realUrl = process.env['APICURIO_URL']
if (realUrl === undefined)
  console.log('A real registry is left out: APICURIO_URL does not say where one runs.')

let server: RegistryServer
let embeddedUrl: string

beforeAll(async () => {
  server = await RegistryServer.open({ logger: silentLogger })
  embeddedUrl = `http://127.0.0.1:${(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
})

afterAll(() => server.close())

interface Place {
  readonly name: string
  readonly confluent: () => string
  readonly apicurio: () => string
}

const places: readonly Place[] = [
  { name: 'the embedded registry', confluent: () => embeddedUrl, apicurio: () => embeddedUrl },
  ...(realUrl === undefined
    ? []
    : [
        { name: "Apicurio's server", confluent: () => `${realUrl}/apis/ccompat/v7`, apicurio: () => realUrl },
      ]),
]

const record = (fields: string): SchemaDraft => ({
  type: 'AVRO',
  text: `{"type":"record","name":"Order","namespace":"shop","fields":[${fields}]}`,
})
const id = '{"name":"id","type":"long"}'
const order = record(id)
const wider = record(`${id},{"name":"note","type":["null","string"],"default":null}`)
const json: SchemaDraft = {
  type: 'JSON',
  text: '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"}}}',
}
const proto: SchemaDraft = {
  type: 'PROTOBUF',
  text: 'syntax = "proto3";\npackage shop;\n\nimport "money.proto";\n\nmessage Bill {\n  money.Money total = 1;\n}\n',
  references: [
    {
      name: 'money.proto',
      draft: {
        type: 'PROTOBUF',
        text: 'syntax = "proto3";\npackage money;\n\nmessage Money {\n  int64 units = 1;\n}\n',
      },
    },
  ],
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: StreamError) => error.code,
  )
}

describe.each(places)('$name', ({ confluent, apicurio }) => {
  const kinds: readonly (readonly [string, () => RegistrySettings, 'id' | 'contentId'])[] = [
    ['Confluent', () => confluentSettings([confluent()]), 'id'],
    ['Apicurio', () => ({ ...apicurioSettings([apicurio()]), writing: { kind: 'register' } }), 'contentId'],
  ]

  test.each(kinds)('does all that the client for %s asks', async (name, settings, kind) => {
    const prefix = `${name}-${systemClock.nowMs()}`
    const open = (changes: Partial<RegistrySettings> = {}): SchemaRegistry =>
      openRegistry({ ...settings(), ...changes } as RegistrySettings, {
        clock: systemClock,
        random: systemRandom,
      })
    const writer = open()
    const reader = open({ writing: { kind: 'look-up' } })
    const ids: (number | undefined)[] = []
    for (const draft of [order, wider])
      ids.push((await writer.forWriting(`${prefix}-value`, draft)).ids[kind])
    expect(ids[0]).not.toBe(ids[1])
    expect(await reader.fetch({ kind, id: ids[0] ?? 0 })).toMatchObject({ type: 'AVRO', references: [] })
    expect((await reader.forWriting(`${prefix}-value`, order)).ids[kind]).toBe(ids[0])
    expect((await reader.latest(`${prefix}-value`)).ids[kind]).toBe(ids[1])
    expect((await reader.version(`${prefix}-value`, 1)).ids[kind]).toBe(ids[0])
    const written = await writer.forWriting(`${prefix}-json`, json)
    expect(await reader.fetch({ kind, id: written.ids[kind] ?? 0 })).toMatchObject({ type: 'JSON' })
    const bill = await writer.forWriting(`${prefix}-proto`, proto)
    const read = await reader.fetch({ kind, id: bill.ids[kind] ?? 0 })
    expect(read).toMatchObject({ type: 'PROTOBUF', references: [{ name: 'money.proto' }] })
    expect(await codeOf(reader.fetch({ kind, id: 987_654 }))).toBe('SCHEMA_NOT_FOUND')
    expect(await codeOf(reader.latest(`${prefix}-none`))).toBe('SCHEMA_NOT_FOUND')
    expect(await codeOf(reader.forWriting(`${prefix}-value`, record('')))).toBe('SCHEMA_NOT_FOUND')
    await Promise.all([writer.close(), reader.close()])
  })
})
