import { describe, expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { openTestBroker, TestClient } from '../fixtures/test-broker.ts'
import type { BrokerConfig } from '../broker-config.ts'
import { parsePrincipalMapping } from './principal-mapping.ts'
import { ScramServer } from './scram-server.ts'
import { credentialOfPassword } from './scram-credentials.ts'

const users = { alice: 'a-secret', bob: 'b-secret' }

function openSasl(config: Partial<BrokerConfig> = {}) {
  const setup = openTestBroker({ users, ...config })
  const client = new TestClient(setup.broker, 'test', undefined, { mechanisms: ['PLAIN', 'SCRAM-SHA-256'] })
  const prove = async (user: string, password: string) => {
    await client.send(apis.saslHandshake, { mechanism: 'PLAIN' })
    const authBytes = Buffer.from(`\0${user}\0${password}`)
    const answer = await client.send(apis.saslAuthenticate, { authBytes })
    return { ...answer, error: kafkaErrorName(answer.errorCode) }
  }
  const served = (): Promise<boolean> =>
    client.send(apis.metadata, { topics: [] }).then(
      () => true,
      () => false,
    )
  return { ...setup, client, prove, served }
}

describe('a session', () => {
  test('serves nothing but the exchange before it has succeeded', async () => {
    const { client, served } = openSasl()
    const named = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    expect((await client.send(apis.apiVersions, named)).errorCode).toBe(0)
    expect(await served()).toBe(false)
    expect(client.connection.closed.aborted).toBe(true)
  })

  test('ends with its lifetime unless the client authenticates itself again', async () => {
    const { prove, served, clock } = openSasl({ saslSessionLifetimeMs: 60_000 })
    expect(await prove('alice', 'a-secret')).toMatchObject({ error: 'NONE', sessionLifetimeMs: 60_000 })
    await clock.advance(59_999)
    expect(await served()).toBe(true)
    expect(await prove('alice', 'a-secret')).toMatchObject({ error: 'NONE', sessionLifetimeMs: 60_000 })
    await clock.advance(59_999)
    expect(await served()).toBe(true)
    await clock.advance(1)
    expect(await served()).toBe(false)
  })

  test('does not become another user’s', async () => {
    const { prove, client } = openSasl()
    await prove('alice', 'a-secret')
    expect(await prove('bob', 'b-secret')).toMatchObject({
      error: 'SASL_AUTHENTICATION_FAILED',
      errorMessage: 'Cannot change principals during re-authentication',
    })
    expect(client.connection.closed.aborted).toBe(true)
  })

  test('does not change its mechanism', async () => {
    const { prove, client } = openSasl()
    await prove('alice', 'a-secret')
    const { errorCode } = await client.send(apis.saslHandshake, { mechanism: 'SCRAM-SHA-256' })
    expect(kafkaErrorName(errorCode)).toBe('UNSUPPORTED_SASL_MECHANISM')
  })

  test('answers a failure before it ends', async () => {
    const { prove, client } = openSasl()
    const { error, errorMessage } = await prove('alice', 'wrong')
    expect(error).toBe('SASL_AUTHENTICATION_FAILED')
    expect(errorMessage).toBe('Authentication failed: Invalid username or password')
    expect(client.connection.closed.aborted).toBe(true)
  })

  test.each([
    '',
    'alice',
    '\0\0',
    '\0alice\0',
    '\0\0a-secret',
    'bob\0alice\0a-secret',
    '\0alice\0a-secret\0',
  ])('takes no PLAIN message such as %j', async (text) => {
    const { client } = openSasl()
    await client.send(apis.saslHandshake, { mechanism: 'PLAIN' })
    const { errorCode } = await client.send(apis.saslAuthenticate, { authBytes: Buffer.from(text) })
    expect(kafkaErrorName(errorCode)).toBe('SASL_AUTHENTICATION_FAILED')
  })

  test('needs the handshake first, and a listener that has SASL', async () => {
    const { client } = openSasl()
    const authBytes = Buffer.from('\0alice\0a-secret')
    const early = await client.send(apis.saslAuthenticate, { authBytes })
    expect(kafkaErrorName(early.errorCode)).toBe('ILLEGAL_SASL_STATE')
    const open = openTestBroker()
    const { errorCode } = await open.client.send(apis.saslHandshake, { mechanism: 'PLAIN' })
    expect(kafkaErrorName(errorCode)).toBe('ILLEGAL_SASL_STATE')
  })

  test('gives its user the rights of its name', async () => {
    const { client, prove } = openSasl({ superUsers: ['User:bob'], allowEveryoneIfNoAclFound: false })
    await prove('alice', 'a-secret')
    const { topics } = await client.send(apis.createTopics, {
      topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1 }],
    })
    expect(topics.map(({ errorCode }) => kafkaErrorName(errorCode))).toEqual(['TOPIC_AUTHORIZATION_FAILED'])
  })
})

describe('SCRAM', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const credential = credentialOfPassword('SCRAM-SHA-256', 'pencil', { salt, iterations: 4096 })
  const open = () => new ScramServer('SCRAM-SHA-256', (user) => (user === 'user' ? credential : undefined))

  test('has the keys that the RFC’s example has', () => {
    // RFC 7677, section 3: the server's signature over its own example exchange follows from these keys.
    expect(credential.storedKey.toString('base64')).toBe('WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=')
    expect(credential.serverKey.toString('base64')).toBe('wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
  })

  test.each([
    'n,,',
    'p=tls-unique,,n=user,r=abc',
    'n,a=other,n=user,r=abc',
    'n,,n=nobody,r=abc',
    'n,,n=user',
    'n,,r=abc,n=user',
    '',
  ])('takes no first message such as %j', (text) => {
    expect(open().answer(Buffer.from(text)).kind).toBe('failed')
  })

  test.each([
    ['a proof that is none', (nonce: string) => `c=biws,r=${nonce},p=AAAA`],
    ['a wrong proof', (nonce: string) => `c=biws,r=${nonce},p=${Buffer.alloc(32, 7).toString('base64')}`],
    ['another nonce', () => `c=biws,r=other,p=${Buffer.alloc(32).toString('base64')}`],
    ['no proof', (nonce: string) => `c=biws,r=${nonce}`],
  ])('takes no last message with %s', (_, last) => {
    const server = open()
    const step = server.answer(Buffer.from('n,,n=user,r=abc'))
    const text = step.kind === 'more' ? step.token.toString() : ''
    const nonce = /^r=([^,]+)/.exec(text)?.[1] ?? ''
    expect(nonce.startsWith('abc')).toBe(true)
    expect(server.answer(Buffer.from(last(nonce))).kind).toBe('failed')
  })
})

describe('rules for names in certificates', () => {
  test.each([
    ['DEFAULT', 'CN=a,O=b', 'CN=a,O=b'],
    ['RULE:^CN=(.*?),.*$/$1/', 'CN=a,O=b', 'a'],
    ['RULE:^CN=(.*?),.*$/$1/L', 'CN=Ab,O=b', 'ab'],
    ['RULE:^CN=(.*?),.*$/$1@x/U', 'CN=ab,O=b', 'AB@X'],
    ['RULE:^CN=x,.*$/y/, DEFAULT', 'CN=a,O=b', 'CN=a,O=b'],
    ['RULE:^CN=x,.*$/y/,RULE:O=(\\w)/$1/', 'CN=a,O=b', 'CN=a,b'],
    ['RULE:^CN=x,.*$/y/', 'CN=a,O=b', undefined],
  ])('%s makes of %s %s', (rules, name, expected) => {
    expect(parsePrincipalMapping(rules)(name)).toBe(expected)
  })

  test.each(['', 'NONE', 'RULE:a', 'RULE:(/b/', 'RULE:a/b/X', 'DEFAULT DEFAULT'])(
    '%j is no rule',
    (rules) => {
      expect(() => parsePrincipalMapping(rules)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )
})
