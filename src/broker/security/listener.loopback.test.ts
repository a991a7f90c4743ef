import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { LogFields, Logger } from '../../base/logger.ts'
import { silentLogger } from '../../base/logger.ts'
import { systemRandom } from '../../base/random.ts'
import { openKafka } from '../../kafka/client.ts'
import { tcpConnector, type SaslSettings, type TlsSettings } from '../../kafka/tcp-connector.ts'
import { authority, client, server, stranger } from '../fixtures/certificates.ts'
import { Broker } from '../broker.ts'
import type { BrokerConfig } from '../broker-config.ts'
import type { ListenerSecurity } from '../node/listener-security.ts'

const brokers: Broker[] = []

afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close()
})

interface Line {
  readonly message: string
  readonly fields: LogFields
}

/** Keeps what is logged. */
function collectingLogger(lines: Line[]): Logger {
  const keep = (message: string, fields: LogFields = {}): void => void lines.push({ message, fields })
  const logger: Logger = { error: keep, warn: keep, info: keep, debug: keep, trace: keep, with: () => logger }
  return logger
}

async function open(security: ListenerSecurity, config: Partial<BrokerConfig> = {}) {
  const lines: Line[] = []
  const logger = collectingLogger(lines)
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger,
    users: { alice: 'correct horse', bob: 'battery=,staple' },
    ...config,
  })
  brokers.push(broker)
  const { port } = await broker.listen(0, '127.0.0.1', security)
  return { broker, port, lines }
}

/** What a client of ours is told about the topic `a`, which it makes. */
async function tryClient(port: number, way: { tls?: TlsSettings; sasl?: SaslSettings }): Promise<number> {
  const kafka = openKafka({
    bootstrap: [`127.0.0.1:${port}`],
    clientId: 'test',
    connector: tcpConnector({ connectTimeoutMs: 2000, ...way }),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    startTimeoutMs: 1,
  })
  try {
    await kafka.admin.createTopics([{ name: 'a', partitions: 3, replicationFactor: -1, configs: {} }])
    return (await kafka.admin.describeTopics(['a']))[0]?.partitions.length ?? 0
  } finally {
    await kafka.close()
  }
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const tls = { cert: server.cert, key: server.key }

describe.each(mechanisms)('SASL %s', (mechanism) => {
  const listener = { sasl: { mechanisms: [mechanism] } }

  test.each([
    ['alice', 'correct horse'],
    ['bob', 'battery=,staple'],
  ])('lets %s in with the right password', async (username, password) => {
    const { port } = await open(listener)
    expect(await tryClient(port, { sasl: { mechanism, username, password } })).toBe(3)
  })

  test('refuses a wrong password and an unknown user alike; the log tells which, and no secret', async () => {
    const { port, lines } = await open(listener)
    for (const username of ['alice', 'nobody'])
      await expect(tryClient(port, { sasl: { mechanism, username, password: 'hunter2' } })).rejects.toThrow(
        expect.objectContaining({ code: 'AUTHENTICATION_FAILED' }),
      )
    const failures = lines.filter(({ message }) => message === 'authentication failed')
    expect(failures.map(({ fields }) => fields['user'])).toContain('alice')
    expect(failures.map(({ fields }) => fields['user'])).toContain('nobody')
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|correct horse/)
  })
})

test('SASL OAUTHBEARER lets in whom an unsecured token names, and says in the log why it refuses', async () => {
  const { port, lines } = await open({ sasl: { mechanisms: ['OAUTHBEARER'] } })
  const sasl = (lifetimeSeconds: number): SaslSettings => {
    const token = { kind: 'unsecured', claims: { sub: 'alice' }, lifetimeSeconds } as const
    return { mechanism: 'OAUTHBEARER', token }
  }
  expect(await tryClient(port, { sasl: sasl(60) })).toBe(3)
  await expect(tryClient(port, { sasl: sasl(-60) })).rejects.toThrow(
    expect.objectContaining({ code: 'AUTHENTICATION_FAILED' }),
  )
  const refused = lines.find(({ message }) => message === 'authentication failed')
  expect(refused?.fields).toMatchObject({ mechanism: 'OAUTHBEARER', reason: 'the token has ended' })
})

describe('a listener with SASL', () => {
  test('refuses a mechanism that it does not have', async () => {
    const { port, lines } = await open({ sasl: { mechanisms: ['SCRAM-SHA-512'] } })
    const sasl = { mechanism: 'PLAIN', username: 'alice', password: 'correct horse' } as const
    await expect(tryClient(port, { sasl })).rejects.toThrow()
    expect(lines.find(({ message }) => message === 'handshake refused')?.fields).toMatchObject({
      error: 'UNSUPPORTED_SASL_MECHANISM',
      mechanism: 'PLAIN',
      mechanisms: ['SCRAM-SHA-512'],
    })
  })

  test('ends the connection of a client that does not authenticate itself, and the log says why', async () => {
    const { port, lines } = await open({ sasl: { mechanisms: ['PLAIN'] } })
    await expect(tryClient(port, {})).rejects.toThrow()
    const refused = lines.find(({ message }) => message === 'request refused')
    expect(refused?.fields['reason']).toContain('this listener asks for SASL')
  })

  test('takes no large request from who has not said who it is', async () => {
    const { port, lines } = await open({ sasl: { mechanisms: ['PLAIN'] } })
    const socket = connectPlain(port, '127.0.0.1')
    socket.write(Buffer.from([0, 16, 0, 0]))
    await once(socket, 'close')
    expect(lines.map(({ message }) => message)).toContain('request is too large')
  })
})

describe('a listener with TLS', () => {
  test('lets in who trusts its authority, with SASL inside', async () => {
    const { port } = await open({ tls, sasl: { mechanisms: ['SCRAM-SHA-256'] } })
    const sasl = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'correct horse' } as const
    expect(await tryClient(port, { tls: { ca: authority }, sasl })).toBe(3)
  })

  test('says in the log that a client speaks no TLS', async () => {
    const { port, lines } = await open({ tls })
    await expect(tryClient(port, {})).rejects.toThrow()
    expect(lines.find(({ message }) => message === 'TLS handshake failed')?.fields['reason']).toBe(
      'the client speaks no TLS, and this port does',
    )
  })

  test('cannot be opened with a key that is none', async () => {
    await expect(open({ tls: { cert: server.cert, key: 'none' } })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})

describe('a listener without TLS', () => {
  test.each([
    ['TLS', 'the client speaks TLS, and this port does not', Buffer.from([0x16, 3, 1, 2, 0, 1])],
    [
      'HTTP',
      'the client speaks HTTP: this is a port for Kafka clients',
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ],
  ])('says in the log that a client speaks %s', async (_, reason, bytes) => {
    const { port, lines } = await open({})
    const socket = connectPlain(port, '127.0.0.1')
    socket.write(bytes)
    await once(socket, 'close')
    expect(lines.find(({ message }) => message === 'request is too large')?.fields['reason']).toBe(reason)
  })
})

describe('a listener that asks for certificates', () => {
  const mutual = { tls: { ...tls, ca: authority, clientAuth: 'required' as const } }
  const asAlice = { ca: authority, cert: client.cert, key: client.key }

  test('lets in who has one of its authority, under the name in it', async () => {
    const { port, lines } = await open(mutual, {
      superUsers: ['User:CN=alice,O=Weft tests,C=NL'],
      allowEveryoneIfNoAclFound: false,
    })
    expect(await tryClient(port, { tls: asAlice })).toBe(3)
    expect(lines.map(({ message }) => message)).toContain('topic made')
  })

  test('goes by rules for names', async () => {
    const { port } = await open(mutual, {
      superUsers: ['User:ALICE'],
      allowEveryoneIfNoAclFound: false,
      principalMappingRules: 'RULE:^CN=(.*?),.*$/$1/U,DEFAULT',
    })
    expect(await tryClient(port, { tls: asAlice })).toBe(3)
  })

  test('refuses a name that no rule fits', async () => {
    const { port, lines } = await open(mutual, { principalMappingRules: 'RULE:^CN=bob,.*$/bob/' })
    await expect(tryClient(port, { tls: asAlice })).rejects.toThrow()
    expect(lines.find(({ message }) => message === 'client refused')?.fields['name']).toBe(
      'CN=alice,O=Weft tests,C=NL',
    )
  })

  test.each([
    ['none', {}],
    ['one of another authority', { cert: stranger.cert, key: stranger.key }],
  ])('refuses who has %s', async (_, own) => {
    const { port } = await open(mutual)
    await expect(tryClient(port, { tls: { ca: authority, ...own } })).rejects.toThrow()
  })

  test('and only requests one knows who has none as nobody in particular', async () => {
    const { port } = await open({ tls: { ...mutual.tls, clientAuth: 'requested' } })
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority })
    await once(socket, 'secureConnect')
    expect(socket.authorized).toBe(true)
    socket.destroy()
    expect(await tryClient(port, { tls: { ca: authority } })).toBe(3)
  })
})
