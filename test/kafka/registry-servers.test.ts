/**
 * Our clients see the same of the embedded registry as of a real one, and values of every type go from our serdes through others' serialisers
 * back to ours by either. The real one is Apicurio's server, which has both interfaces.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { StreamError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { SchemaDraft, SchemaRegistry } from '../../src/registry/contracts.ts'
import { openRegistry } from '../../src/registry/open-registry.ts'
import { readProtoFiles } from '../../src/registry/proto-file.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { apicurioSettings, confluentSettings, type RegistrySettings } from '../../src/registry/settings.ts'
import { sayLeftOut } from '../left-out.ts'
import { startApicurio, whatApicurioLacks, type ApicurioServer } from './apicurio-server.ts'
import { javaArguments, registryClassPath } from './java-tools.ts'
import { folderWithPackage } from './node-tools.ts'
import type { WrittenValue } from './our-serdes.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'
import { readAgain, roundTrips, type GivenValue, type RoundTrip } from './round-trips.ts'

const lacksReal = whatApicurioLacks()
sayLeftOut("Apicurio's server, a registry that is not ours", lacksReal)
const lacksPython = whatPythonLacks()
const folder = mkdtempSync(join(tmpdir(), 'weft-registries-'))

let server: RegistryServer
let embeddedUrl: string
let real: ApicurioServer | undefined

beforeAll(async () => {
  server = await RegistryServer.open({ logger: silentLogger })
  embeddedUrl = `http://127.0.0.1:${(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
  if (lacksReal === undefined) real = await startApicurio()
}, 600_000)

afterAll(async () => {
  await real?.[Symbol.asyncDispose]()
  await server.close()
  rmSync(folder, { recursive: true })
})

interface Place {
  readonly name: string
  /** One that is not ours. Python's and Node's clients cannot use it for Protobuf: see below why. */
  readonly isReal: boolean
  readonly confluent: () => string
  readonly apicurio: () => string
}

const realUrl = (): string => real?.url ?? ''
const places: readonly Place[] = [
  { name: 'the embedded registry', isReal: false, confluent: () => embeddedUrl, apicurio: () => embeddedUrl },
  ...(lacksReal === undefined
    ? [
        {
          name: "Apicurio's server",
          isReal: true,
          confluent: () => `${realUrl()}/apis/ccompat/v7`,
          apicurio: realUrl,
        },
      ]
    : []),
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

describe.each(places)('$name', ({ isReal, confluent, apicurio }) => {
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

  if (isReal)
    test("gives Protobuf descriptors that are none: the reason why Python's and Node's Protobuf is left out here", async () => {
      const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
        const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
        const post = { method: 'POST', headers, body: JSON.stringify(body) }
        const answer = await fetch(`${confluent()}${path}`, body === undefined ? {} : post)
        return (await answer.json()) as Record<string, unknown>
      }
      const register = (subject: string, schema: string) =>
        ask(`/subjects/${subject}-${systemClock.nowMs()}/versions`, { schemaType: 'PROTOBUF', schema })
      const { main } = readProtoFiles('syntax = "proto3"; message Order { int64 id = 1; }', [])
      const descriptor = Buffer.from(toBinary(FileDescriptorProtoSchema, main)).toString('base64')
      // Both clients read schemas by their descriptor, in base64: here its bytes are taken for characters.
      const { id } = await register('text', 'syntax = "proto3"; message Order { int64 id = 1; }')
      const { schema } = await ask(`/schemas/ids/${String(id)}?format=serialized`)
      expect(schema).toContain('\u0005Order')
      // Both register their descriptor, in base64: it is kept for a text of the language, and fails as such.
      const { id: registered } = await register('descriptor', descriptor)
      const refusal = await ask(`/schemas/ids/${String(registered)}?format=serialized`)
      expect(refusal['message']).toContain('Syntax error')
    })

  const confluentConfig = (): Record<string, string> => ({ 'schema.registry.url': confluent() })
  const readOf = (trips: readonly RoundTrip[]): unknown[] => trips.map(({ topic, read }) => ({ topic, read }))
  const named = (trips: readonly RoundTrip[], read: readonly unknown[]): unknown[] =>
    trips.map(({ topic }, index) => ({ topic, read: read[index] }))

  test.skipIf(lacksPython !== undefined)(
    "Confluent's Python serialisers read every type of ours, and write it as we read it",
    async () => {
      const trips = roundTrips('python', isReal ? { types: ['PROTOBUF'] } : {})
      const again = async (given: readonly GivenValue[]): Promise<readonly WrittenValue[]> => {
        writeFileSync(join(folder, 'again.json'), JSON.stringify(given))
        const script = join(import.meta.dirname, 'clients/registry.py')
        return valuesOf(await outputOf(pythonWithPackages(), [script, confluent(), folder, 'again']))
      }
      const read = await readAgain(trips, { kind: 'confluent', config: confluentConfig(), again })
      expect(named(trips, read)).toEqual(readOf(trips))
    },
  )

  test("Confluent's Node serialisers read every type of ours, and write it as we read it", async () => {
    const trips = roundTrips('node', { avro: notOfNode, types: isReal ? ['PROTOBUF'] : [] })
    const again = async (given: readonly GivenValue[]): Promise<readonly WrittenValue[]> => {
      const file = join(folder, 'again-node.json')
      writeFileSync(file, JSON.stringify(given))
      const script = join(import.meta.dirname, 'clients/registry.mjs')
      const packages = folderWithPackage('@confluentinc/schemaregistry', '1.10.1')
      return valuesOf(await outputOf(process.execPath, [script, packages, confluent(), file]))
    }
    const read = await readAgain(trips, { kind: 'confluent', config: confluentConfig(), again })
    expect(named(trips, read)).toEqual(readOf(trips))
  })

  test("Apicurio's Java serialisers read every type of ours, and write it as we read it", async () => {
    const trips = roundTrips('java', { protobuf: notOfApicurio })
    const config = { 'apicurio.registry.url': apicurio(), 'apicurio.registry.auto-register': 'true' }
    const again = async (given: readonly GivenValue[]): Promise<readonly WrittenValue[]> => {
      const file = join(folder, 'again.jsonl')
      writeFileSync(file, given.map((one) => `${JSON.stringify(one)}\n`).join(''))
      const java = javaArguments('weft.ApicurioSerdes', ['again', apicurio(), file], registryClassPath())
      const lines = await outputOf('java', java)
      return lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as WrittenValue)
    }
    const read = await readAgain(trips, { kind: 'apicurio', config, again })
    expect(named(trips, read)).toEqual(readOf(trips))
  })
})

/** Editions are more than Apicurio's reader of .proto files has. */
const notOfApicurio = /edition/

/** Whole numbers beyond 2^53 are more than JavaScript's Avro has. */
const notOfNode = /^long$|nanos/

function valuesOf(text: string): readonly WrittenValue[] {
  return JSON.parse(text) as WrittenValue[]
}

/** Apicurio's server leaves a client without an answer now and then, so that it waits for ever; a second run finds what the first one made. */
const runMs = 130_000
const runsMax = 2

/** What a program printed that may be run again; one that does not end is ended and run anew. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const limits = { maxBuffer: 64 * 1_048_576, timeout: runMs, killSignal: 'SIGKILL' } as const
  for (let run = 1; ; run++) {
    try {
      return (await promisify(execFile)(command, args, limits)).stdout
    } catch (error) {
      if (run === runsMax || !(error as { readonly killed?: boolean }).killed) throw error
      process.stderr.write(
        `a client of a registry did not end within ${runMs / 1000} s and is run again: ${command}\n`,
      )
    }
  }
}
