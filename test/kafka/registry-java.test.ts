/** Schema registries beside Java: Avro's own compatibility check, and Apicurio's serialisers against the embedded registry. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { seededRandom, systemRandom } from '../../src/base/random.ts'
import { avroDifferences } from '../../src/registry/compatibility/avro.ts'
import type { Frame, RegisteredSchema, SchemaRegistry, SchemaType } from '../../src/registry/contracts.ts'
import {
  authority,
  clientCertificate,
  clientKey,
  serverCertificate,
  serverKey,
} from '../../src/registry/fixtures/certificates.ts'
import { openRegistry } from '../../src/registry/open-registry.ts'
import { registrySettings } from '../../src/registry/registry-properties.ts'
import { RegistryServer } from '../../src/registry/registry-server.ts'
import { parseAvro } from '../../src/registry/schemas/parse-avro.ts'
import { printAvro } from '../../src/registry/schemas/print-avro.ts'
import { avroPairs } from './avro-pairs.ts'
import { registryClassPath, runJava } from './java-tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-registry-java-'))
let classPath: string
let server: RegistryServer
let url: string

beforeAll(async () => {
  classPath = registryClassPath()
  server = await RegistryServer.open({ logger: silentLogger })
  url = `http://127.0.0.1:${(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
}, 300_000)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

test('Avro schemas are compatible where Java says so, for the reasons that Java has, and are printed alike', async () => {
  const seed = Number(process.env['SEED'] ?? 7)
  const pairs = avroPairs(seededRandom(seed), Number(process.env['PAIRS'] ?? 3000))
  const file = join(folder, 'pairs.txt')
  writeFileSync(file, pairs.map(({ reader, writer }) => `${reader}\n${writer}\n`).join(''))
  const lines = (await runJava('weft.AvroPairs', [file], classPath)).split('\n')
  const differing = pairs.flatMap(({ reader, writer }, index) => {
    const read = parseAvro(reader).type
    const found = avroDifferences(read, parseAvro(writer).type).map(reasonOf)
    const ours = `[${[...new Set(found)].toSorted().join(', ')}]\n${printAvro(read)}`
    const java = `${lines[2 * index]}\n${lines[2 * index + 1]}`
    return ours === java ? [] : [{ reader, writer, ours, java }]
  })
  expect(differing.slice(0, 3), `of ${differing.length} with seed ${seed}`).toEqual([])
  const compatible = pairs.filter((_, index) => lines[2 * index] === '[]').length
  expect(compatible).toBeGreaterThan(pairs.length / 10)
  expect(compatible).toBeLessThan((pairs.length * 9) / 10)
})

/** The kind and the place of a difference, as Java writes them. */
function reasonOf(text: string): string {
  const [, type] = /errorType:'(\w+)'/.exec(text) ?? []
  const [, path] = /\(?path '([^']*)'/.exec(text) ?? []
  return `${type} ${path}`
}

/** What a serialiser made, and how it was set. */
interface Line {
  readonly topic: string
  readonly settings: Readonly<Record<string, string>>
  readonly data: string
  readonly headers?: readonly (readonly [string, string])[]
}

interface Unwrapped {
  readonly registry: SchemaRegistry
  readonly frame: Frame
  readonly schema: RegisteredSchema
  readonly body: Buffer
  readonly type: SchemaType
}

/** Reads a line's frame with a client that is set as the serialiser was, and fetches the schema that it names. */
async function unwrap(line: Line): Promise<Unwrapped> {
  const { settings } = registrySettings('apicurio', { ...line.settings, 'apicurio.registry.url': url })
  const registry = openRegistry(settings, { clock: systemClock, random: systemRandom })
  const type = line.topic.startsWith('avro') ? 'AVRO' : 'PROTOBUF'
  const data = Buffer.from(line.data, 'base64')
  const headers = line.headers?.map(([key, value]) => ({ key, value: Buffer.from(value, 'base64') }))
  const frame = { ...registry.framing('value', type).read(data, 0, data.length, headers) }
  const schema = await registry.fetch(frame)
  return { registry, frame, schema, body: data.subarray(frame.bodyStart), type }
}

describe("Apicurio's serialisers", () => {
  let lines: readonly Line[]

  beforeAll(async () => {
    const written = await runJava('weft.ApicurioSerdes', ['write', url], classPath)
    lines = written
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  }, 120_000)

  test('register with the embedded registry, and what they write names schemas that our client finds', async () => {
    const found = await Promise.all(
      lines.map(async (line) => {
        const { registry, frame, schema, body } = await unwrap(line)
        await registry.close()
        const { kind, messageName } = frame
        return [
          line.topic,
          kind,
          messageName ?? '',
          /Order|Struct/.exec(schema.text)?.[0],
          body.toString('hex'),
        ]
      }),
    )
    const order = '0e02'
    const body = `${order}0a6772c3bc6e`
    const struct = '0a0e0a0161120911000000000000f03f'
    expect(found).toEqual([
      ['avro-plain', 'contentId', '', 'Order', body],
      ['avro-global', 'globalId', '', 'Order', body],
      ['avro-headers', 'contentId', '', 'Order', body],
      ['avro-record', 'contentId', '', 'Order', body],
      ['protobuf-plain', 'contentId', 'Struct', 'Struct', struct],
      ['protobuf-global', 'globalId', 'Struct', 'Struct', struct],
      ['protobuf-headers', 'contentId', 'Struct', 'Struct', struct],
    ])
  })

  test('read what our client frames, in each of their settings', async () => {
    const framed = await Promise.all(
      lines.map(async (line): Promise<Line> => {
        const { registry, frame, schema, body, type } = await unwrap(line)
        const written = openRegistry(
          registrySettings('apicurio', {
            ...line.settings,
            'apicurio.registry.url': url,
            'apicurio.registry.auto-register': 'true',
          }).settings,
          { clock: systemClock, random: systemRandom },
        )
        const subject = written.subjectOf({ topic: line.topic, side: 'value', recordName: 'shop.Order' })
        const { ids } = await written.forWriting(subject, { type, text: schema.text })
        const message = { path: [0], name: frame.messageName ?? '' }
        const { bytes, headers } = written
          .framing('value', type)
          .prefix(ids, type === 'PROTOBUF' ? message : undefined)
        await Promise.all([registry.close(), written.close()])
        return {
          ...line,
          data: Buffer.concat([bytes, body]).toString('base64'),
          headers: headers.map(({ key, value }) => [key, Buffer.from(value ?? []).toString('base64')]),
        }
      }),
    )
    const file = join(folder, 'framed.jsonl')
    writeFileSync(file, framed.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const read = await runJava('weft.ApicurioSerdes', ['read', url, file], classPath)
    const order = '{"id": 7, "note": "grün"}'
    expect(read.trim().split('\n')).toEqual([
      `avro-plain ${order}`,
      `avro-global ${order}`,
      `avro-headers ${order}`,
      `avro-record ${order}`,
      'protobuf-plain 1',
      'protobuf-global 1',
      'protobuf-headers 1',
    ])
  })

  test('are let in by TLS, passwords and tokens where the embedded registry demands them, and so is our client, by certificates too', async () => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const tls = { cert: serverCertificate, key: serverKey }
    const trust = {
      'apicurio.registry.tls.truststore.type': 'PEM',
      'apicurio.registry.tls.truststore.location': file('ca.pem', authority),
    }
    const basic = { 'apicurio.registry.auth.username': 'user', 'apicurio.registry.auth.password': 'secret' }
    await using tokens = await tokenServer({ clientId: 'app', clientSecret: 'hush', token: 'token' })
    const oauth = {
      'apicurio.registry.auth.service.token.endpoint': tokens.url,
      'apicurio.registry.auth.client.id': 'app',
      'apicurio.registry.auth.client.secret': 'hush',
    }
    const authorizations = [`Basic ${Buffer.from('user:secret').toString('base64')}`, 'Bearer token']
    const guarded = await server.listen({ port: 0, host: '127.0.0.1', tls, authorizations })
    const mutual = await server.listen({ port: 0, host: '127.0.0.1', tls: { ...tls, ca: authority } })
    const shown = {
      'apicurio.registry.tls.keystore.type': 'PEM',
      'apicurio.registry.tls.keystore.location': file('client.pem', clientKey + clientCertificate),
    }
    const login = async (port: number, ...settings: readonly object[]): Promise<string[]> => {
      const texts = settings.map((one) => JSON.stringify(one))
      const lines = await runJava(
        'weft.ApicurioSerdes',
        ['login', `https://localhost:${port}`, ...texts],
        classPath,
      )
      return lines.trim().split('\n')
    }
    const value = '{"id": 7, "note": null}'
    const wrong = { ...basic, 'apicurio.registry.auth.password': 'guess' }
    const [password, token, none, guess, distrust] = await login(
      guarded.port,
      { ...trust, ...basic },
      { ...trust, ...oauth },
      trust,
      { ...trust, ...wrong },
      basic,
    )
    expect([password, token]).toEqual([value, value])
    for (const refused of [none, guess, distrust]) expect(refused).toMatch(/^refused: /)
    // Their version 3.1 shows no certificate.
    expect(await login(mutual.port, trust)).toEqual([expect.stringContaining('certificate_required')])
    // Our own client, by the same properties.
    const own = (port: number, settings: object): Promise<unknown> => {
      const address = { 'apicurio.registry.url': `https://localhost:${port}` }
      const registry = openRegistry(registrySettings('apicurio', { ...address, ...settings }).settings, {
        clock: systemClock,
        random: systemRandom,
      })
      return registry.latest('login-value').finally(() => registry.close())
    }
    for (const [port, settings] of [
      [guarded.port, { ...trust, ...basic }],
      [guarded.port, { ...trust, ...oauth }],
      [mutual.port, { ...trust, ...shown }],
    ] as const)
      expect(await own(port, settings)).toMatchObject({ type: 'AVRO' })
    await expect(own(guarded.port, { ...trust, ...wrong })).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    })
  })
})

/** A token endpoint: gives one token to a client by its credentials. */
async function tokenServer(given: {
  readonly clientId: string
  readonly clientSecret: string
  readonly token: string
}) {
  const endpoint = createServer((request, response) => {
    void text(request).then((body) => {
      const form = new URLSearchParams(body)
      const basic = Buffer.from(`${given.clientId}:${given.clientSecret}`).toString('base64')
      const known =
        request.headers.authorization === `Basic ${basic}` ||
        (form.get('client_id') === given.clientId && form.get('client_secret') === given.clientSecret)
      response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(known ? { access_token: given.token, token_type: 'Bearer', expires_in: 300 } : {}),
      )
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const { port } = endpoint.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/token`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void endpoint.close(() => resolve())),
  }
}
