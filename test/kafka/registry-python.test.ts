/** Confluent's Python client and serialisers, unmodified, against the embedded registry; and protoc as the oracle of the reader of .proto files. */
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { MessageRef, SchemaDraft, SchemaRegistry, SchemaType } from '../../src/registry/contracts.ts'
import { openRegistry } from '../../src/registry/open-registry.ts'
import { readProtoFiles } from '../../src/registry/proto-file.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { confluentSettings, type ConfluentSettings } from '../../src/registry/settings.ts'
import { everyKindOfProto } from './proto-corpus.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'

const lacksPython = whatPythonLacks()
if (lacksPython !== undefined) console.log(`Confluent's Python serialisers are left out: ${lacksPython}.`)

const money = 'syntax = "proto3";\npackage money;\nmessage Money { int64 units = 1; }\n'
const shop = `syntax = "proto3"; package shop; import "money.proto"; message First {}
message Outer { message Before {} message Inner { string name = 1; money.Money total = 2; } }`

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

function open(changes: Partial<ConfluentSettings> = {}): SchemaRegistry {
  return openRegistry(
    { ...confluentSettings([url]), ...changes },
    { clock: systemClock, random: systemRandom },
  )
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
      incompatible: [409, 409],
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

  test('writes what we can take apart, and reads what we frame', async () => {
    const written = await python('write')
    expect(written.avro.read).toMatchObject({ text: 'grün', price: '-12.34' })
    expect(written.json.read).toEqual({ id: 7, note: null })
    expect(written.proto.same).toBe(true)
    const values: Record<string, object> = {}
    for (const [name, type] of [
      ['avro', 'AVRO'],
      ['header', 'AVRO'],
      ['json', 'JSON'],
      ['proto', 'PROTOBUF'],
    ] as const) {
      const framed = await reframe(name, type, written[name])
      values[name === 'header' ? 'avro-header' : name] = framed
    }
    writeFileSync(join(folder, 'values.json'), JSON.stringify(values))
    const read = await python('read')
    expect(read.avro).toEqual(written.avro.read)
    expect(read['avro-header']).toEqual(written.avro.read)
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

/** Takes a value out of the frame that Python made, finds its schema, and puts it into a frame of ours under another topic. */
async function reframe(
  name: string,
  type: SchemaType,
  {
    data: text,
    headers = [],
  }: { readonly data: string; readonly headers?: readonly (readonly [string, string])[] },
): Promise<object> {
  const data = Buffer.from(text, 'base64')
  const reader = open()
  const found = headers.map(([key, value]) => ({ key, value: Buffer.from(value, 'base64') }))
  const frame = reader.framing('value', type).read(data, 0, data.length, found)
  expect(frame.kind).toBe(name === 'header' ? 'guid' : 'id')
  if (type === 'PROTOBUF') expect(frame.messagePath).toEqual([1, 1])
  const schema = await reader.fetch(frame)
  const references = schema.references.map((reference) => ({
    name: reference.name,
    draft: { type, text: reference.text } satisfies SchemaDraft,
  }))
  const writer = open({ writeIdTo: name === 'header' ? 'header' : 'payload' })
  const topic = `ours-${name}`
  const { ids } = await writer.forWriting(writer.subjectOf({ topic, side: 'value' }), {
    type,
    text: schema.text,
    references,
  })
  const message: MessageRef = { path: frame.messagePath ?? [0], name: '' }
  const { bytes, headers: added } = writer.framing('value', type).prefix(ids, message)
  await Promise.all([reader.close(), writer.close()])
  return {
    topic,
    data: Buffer.concat([bytes, data.subarray(frame.bodyStart)]).toString('base64'),
    headers: added.map(({ key, value }) => [key, Buffer.from(value ?? []).toString('base64')]),
  }
}

/** Generated code leaves out names that can be derived. */
function withoutJsonNames(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key: string, inner: unknown) => (key === 'jsonName' ? undefined : inner)),
  )
}
