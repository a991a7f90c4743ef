/** Confluent's Python client and serialisers, unmodified, against the embedded registry; and protoc as the oracle of the reader of .proto files. */
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { readProtoFiles } from '../../src/registry/proto-file.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { everyKindOfProto } from './proto-corpus.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'
import { sayLeftOut } from '../left-out.ts'
import { writtenAnew } from './written-anew.ts'

const lacksPython = whatPythonLacks()
sayLeftOut("Confluent's Python client and serialisers", lacksPython)

const money = 'syntax = "proto3";\npackage money;\nmessage Money { int64 units = 1; }\n'
const shop = `syntax = "proto3"; package shop; import "money.proto"; message First {}
message Outer { message Before {} message Inner { string name = 1; money.Money total = 2; } }`

const inHeaders = {
  'value.schema.id.serializer': 'io.confluent.kafka.serializers.schema.id.HeaderSchemaIdSerializer',
}

const folder = mkdtempSync(join(tmpdir(), 'weft-registry-python-'))
let server: RegistryServer
let url: string

beforeAll(async () => {
  server = await RegistryServer.open({ logger: silentLogger })
  url = `http://127.0.0.1:${(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
  writeFileSync(join(folder, 'money.proto'), money)
  writeFileSync(join(folder, 'shop.proto'), shop)
  if (lacksPython === undefined) pythonWithPackages()
}, 600_000)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

async function python(work: string, where = folder): Promise<any> {
  const script = join(import.meta.dirname, 'clients/registry.py')
  const { stdout } = await promisify(execFile)(pythonWithPackages(), [script, url, where, work])
  return JSON.parse(stdout)
}

describe.runIf(lacksPython === undefined)("Confluent's Python client", () => {
  test('finds every call answered as it expects', async () => {
    expect(await python('rest')).toEqual({
      register: 1,
      again: 1,
      lookup: 1,
      references: ['m.Money'],
      latest: 1,
      version: true,
      versions: [1],
      subjects: ['py-bill'],
      compatible: false,
      incompatible: [409, 40901],
      config: 'NONE',
      free: true,
      absent: [404, 40401],
      'no id': [404, 40403],
      invalid: [422, 42201],
      held: [422, 42206],
      deleted: [1],
      gone: [1],
    })
  })

  test('writes what our serdes read, and reads what they write', async () => {
    const written = await python('write')
    expect(written.avro.read).toMatchObject({ text: 'grün', price: '-12.34' })
    expect(written.json.read).toEqual({ id: 7, note: null })
    expect(written.proto.same).toBe(true)
    const values: Record<string, object> = {}
    const ours: Record<string, unknown> = {}
    for (const [name, type] of [
      ['avro', 'AVRO'],
      ['header', 'AVRO'],
      ['json', 'JSON'],
      ['proto', 'PROTOBUF'],
    ] as const) {
      const anew = await writtenAnew(written[name], {
        url,
        name,
        type,
        ...(name === 'header' && { config: inHeaders }),
        ...(name === 'proto' && { message: 'shop.Outer.Inner' }),
      })
      expect(anew.frame).toEqual({
        kind: name === 'header' ? 'guid' : 'id',
        messagePath: name === 'proto' ? [1, 1] : undefined,
      })
      expect(anew.headers).toHaveLength(name === 'header' ? 1 : 0)
      const { topic, data, headers, value } = anew
      values[name === 'header' ? 'avro-header' : name] = { topic, data, headers }
      ours[name] = value
    }
    writeFileSync(join(folder, 'values.json'), JSON.stringify(values))
    const read = await python('read')
    expect(read.avro).toEqual(written.avro.read)
    expect(read['avro-header']).toEqual(written.avro.read)
    expect(ours['json']).toEqual(written.json.read)
    expect(ours['proto']).toEqual({ name: 'n', total: { units: 5 } })
    expect(read.json).toEqual(written.json.read)
    expect(read.proto).toEqual({ name: 'n', units: 5 })
  })

  test('and protoc makes the same descriptors of .proto files as we do', async () => {
    const corpus = mkdtempSync(join(folder, 'corpus-'))
    for (const [name, text] of Object.entries(everyKindOfProto))
      writeFileSync(join(corpus, `${name}.proto`), text)
    const compiled = (await python('protoc', corpus)) as Record<string, string>
    for (const [name, text] of Object.entries(everyKindOfProto)) {
      const references = Object.entries(everyKindOfProto)
        .filter(([other]) => text.includes(`"${other}.proto"`))
        .map(([other, content]) => ({ name: `${other}.proto`, text: content }))
      const expected = fromBinary(
        FileDescriptorProtoSchema,
        Buffer.from(compiled[`${name}_pb2`] ?? '', 'base64'),
      )
      const { main } = readProtoFiles(text, references)
      main.name = `${name}.proto`
      expect(withoutJsonNames(toJson(FileDescriptorProtoSchema, main)), name).toEqual(
        withoutJsonNames(toJson(FileDescriptorProtoSchema, expected)),
      )
    }
  })
})

/** Generated code leaves out names that can be derived. */
function withoutJsonNames(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key: string, inner: unknown) => (key === 'jsonName' ? undefined : inner)),
  )
}
