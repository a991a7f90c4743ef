import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { StreamError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import type { SchemaRegistry } from './contracts.ts'
import {
  authority,
  authorityStore,
  clientCertificate,
  clientKey,
  clientStore,
  legacyStore,
  serverCertificate,
  serverKey,
} from './fixtures/certificates.ts'
import { avroRecord, openTestServer } from './fixtures/test-registry.ts'
import { openRegistry } from './open-registry.ts'
import type { RegistryServer } from './registry-server.ts'
import { confluentSettings, defaultLimits, type ConfluentSettings } from './settings.ts'

const order = { type: 'AVRO', text: avroRecord('Order', { id: 'long' }) } as const
const serverTls = { cert: serverCertificate, key: serverKey }
const quick = { ...defaultLimits, triesMax: 1, requestTimeoutMs: 2000 }

type Listening = Partial<Parameters<RegistryServer['listen']>[0]>

async function listen(options: Listening = {}) {
  const server = await openTestServer()
  const { port } = await server.listen({ port: 0, host: '127.0.0.1', ...options })
  return {
    port,
    url: `${options.tls === undefined ? 'http' : 'https'}://localhost:${port}`,
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function open(url: string, changes: Partial<ConfluentSettings> = {}): SchemaRegistry {
  const settings = { ...confluentSettings([url]), limits: quick, ...changes }
  return openRegistry(settings, { clock: systemClock, random: systemRandom })
}

async function outcome(registry: SchemaRegistry): Promise<string> {
  try {
    return `id ${(await registry.register('s', order)).ids.id}`
  } catch (error) {
    return error instanceof StreamError ? `${error.code}: ${error.detail}` : String(error)
  } finally {
    await registry.close()
  }
}

describe('over sockets', () => {
  test('schemas are registered and found', async () => {
    await using server = await listen()
    expect(await outcome(open(server.url))).toBe('id 1')
  })

  test('with TLS, a client takes only certificates that it trusts', async () => {
    await using server = await listen({ tls: serverTls })
    expect(await outcome(open(server.url, { tls: { ca: authority, verify: true } }))).toBe('id 1')
    expect(await outcome(open(server.url, { tls: { verify: false } }))).toBe('id 1')
    expect(await outcome(open(server.url))).toMatch(/REGISTRY_UNREACHABLE: .*its certificate is not trusted/)
  })

  test('with TLS on one side only, the message names the usual cause', async () => {
    await using secure = await listen({ tls: serverTls })
    await using plain = await listen()
    expect(await outcome(open(plain.url.replace('http:', 'https:')))).toContain('it does not speak TLS')
    expect(await outcome(open(secure.url.replace('https:', 'http:')))).toMatch(/REGISTRY_UNREACHABLE/)
  })

  test('with mutual TLS, a client has to show a certificate', async () => {
    await using server = await listen({ tls: { ...serverTls, ca: authority } })
    const shown = { ca: authority, cert: clientCertificate, key: clientKey, verify: true }
    expect(await outcome(open(server.url, { tls: shown }))).toBe('id 1')
    expect(await outcome(open(server.url, { tls: { ca: authority, verify: true } }))).toMatch(
      /REGISTRY_UNREACHABLE/,
    )
  })

  test('with mutual TLS, a key store in PKCS #12 does, and its password is checked before anything is sent', async () => {
    await using server = await listen({ tls: { ...serverTls, ca: authority } })
    const shown = { ca: authority, pfx: new Uint8Array(clientStore), passphrase: 'secret', verify: true }
    expect(await outcome(open(server.url, { tls: shown }))).toBe('id 1')
    expect(() => open(server.url, { tls: { ...shown, passphrase: 'wrong' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', detail: 'The password does not open the key.' }),
    )
    for (const [pfx, detail] of [
      [authorityStore, 'The key store holds certificates and no key.'],
      [legacyStore, 'The key store is encrypted in a way that OpenSSL does not have any more.'],
      [Buffer.from('x'), 'What was given is no PEM text, or no PKCS #12 file.'],
    ] as const)
      expect(() => open(server.url, { tls: { ...shown, pfx } })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', detail }),
      )
  })

  test('with credentials, only those who show them are answered', async () => {
    const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`
    await using server = await listen({ authorizations: [basic, 'Bearer token'] })
    expect(
      await outcome(open(server.url, { auth: { kind: 'basic', username: 'user', password: 'secret' } })),
    ).toBe('id 1')
    expect(await outcome(open(server.url, { auth: { kind: 'bearer', token: 'token' } }))).toBe('id 1')
    expect(await outcome(open(server.url.replace('//', '//user:secret@')))).toBe('id 1')
    const wrong = await outcome(
      open(server.url, { auth: { kind: 'basic', username: 'user', password: 'guess' } }),
    )
    expect(wrong).toBe('AUTHENTICATION_FAILED: The registry answered 401: Unauthorized.')
    expect(await outcome(open(server.url))).toContain('AUTHENTICATION_FAILED')
  })

  test('a body that is too large is refused before it is read', async () => {
    await using server = await listen()
    const answer = await fetch(`${server.url}/subjects/s/versions`, {
      method: 'POST',
      body: 'x'.repeat(2_000_000),
    })
    expect(answer.status).toBe(413)
  })

  test('two servers on one port are one too many', async () => {
    await using first = await listen()
    await expect(listen({ port: first.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })
})

describe('a registry that is not there', () => {
  test('or does not answer, is named with the reason', async () => {
    const silent = createTcpServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const limits = { ...quick, requestTimeoutMs: 50 }
    expect(await outcome(open(`http://127.0.0.1:${port}`, { limits }))).toContain('no answer within 50 ms')
    silent.close()
    expect(await outcome(open(`http://127.0.0.1:${port}`))).toContain('ECONNREFUSED')
  })

  test('comes back, and is used again by the client that waits for it', async () => {
    const server = await listen()
    const limits = { ...defaultLimits, backoffMs: 20, triesMax: 8 }
    const registry = open(server.url, { limits })
    await registry.register('s', order)
    await server[Symbol.asyncDispose]()
    const waiting = registry.register('t', order)
    await using again = await listen({ port: server.port })
    expect((await waiting).ids.id).toBe(1)
    expect(again.port).toBe(server.port)
    await registry.close()
  })
})
