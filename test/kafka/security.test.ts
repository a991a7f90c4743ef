/** Our client on Apache Kafka with each kind of security, and what it says where something is wrong: by Kafka's own properties. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toStreamError, type StreamError } from '../../src/base/errors.ts'
import type { Logger } from '../../src/base/logger.ts'
import { securityOf } from '../../src/cli/config/kafka-security.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import {
  fetcherDefaults,
  memberDefaults,
  producerDefaults,
  textRecord,
} from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { runJava } from './java-tools.ts'
import {
  passwords,
  sessionMs,
  startSecuredKafka,
  storePassword,
  type Listener,
  type SecuredKafka,
} from './secured-kafka.ts'

const login = 'org.apache.kafka.common.security'
const scramLogin = `${login}.scram.ScramLoginModule required username="boss" password="${passwords.boss}";`
/** Nobody waits for so long: what is refused is refused at once. */
const patienceMs = 20_000
/** For what is tried again, as if the broker were about to come. */
const impatienceMs = 2_000
const underTls = { 'security.protocol': 'SSL' } as const
type Properties = Readonly<Record<string, string>>

function plainLogin(user: keyof typeof passwords, password: string = passwords[user]): string {
  const quoted = password.replaceAll(/["\\]/g, '\\$&')
  return `${login}.plain.PlainLoginModule required username="${user}" password="${quoted}";`
}

function bearerLogin(user: string): string {
  return `${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${user}";`
}

function collectingLogger(lines: unknown[]): Logger {
  const collect = (...line: unknown[]): void => void lines.push(line)
  const logger = { error: collect, warn: collect, info: collect, debug: collect, trace: collect }
  return { ...logger, with: () => collectingLogger(lines) }
}

describe.each(['4.3', '3.9'] as const)('Apache Kafka %s with security', (release) => {
  let kafka: SecuredKafka
  let connectionsMade = 0
  /** Every error and every line that was logged: in none of them may a secret be. */
  const told: unknown[] = []
  const topics = ['described', 'own', 'secrets']

  beforeAll(async () => {
    kafka = await startSecuredKafka(release)
    await using open = client('PLAINTEXT', {})
    await open.kafka.admin.createTopics(
      topics.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
    )
    const describe = ['TOPIC', 'described', 'DESCRIBE']
    await runJava('weft.GrantRights', [kafka.bootstrap, 'CN=ann', ...describe])
    // Who may write to any topic may have a producer id.
    await runJava('weft.GrantRights', [kafka.bootstrap, 'ann', ...describe, 'TOPIC', 'own', 'WRITE'])
  }, 120_000)

  afterAll(() => kafka[Symbol.asyncDispose](), 60_000)

  function client(
    listener: Listener,
    properties: Properties,
    waitMs = patienceMs,
  ): AsyncDisposable & { readonly kafka: Kafka } {
    const { tls, sasl } = securityOf(properties)
    const connector = tcpConnector({ ...(tls && { tls }), ...(sasl && { sasl }) })
    connectionsMade = 0
    const opened = openKafka({
      bootstrap: [kafka.at(listener)],
      clientId: 'security-test',
      connector: {
        connect: (...address) => {
          connectionsMade++
          return connector.connect(...address)
        },
      },
      logger: collectingLogger(told),
      startTimeoutMs: waitMs,
      retryTimeoutMs: waitMs,
    })
    return { kafka: opened, [Symbol.asyncDispose]: () => opened.close() }
  }

  async function topicsSeen(listener: Listener, properties: Properties, waitMs?: number): Promise<string[]> {
    await using opened = client(listener, properties, waitMs)
    const topics = await opened.kafka.admin.listTopics()
    return topics
      .filter(({ internal }) => !internal)
      .map(({ name }) => name)
      .toSorted()
  }

  async function failureOf(
    listener: Listener,
    properties: Properties,
    waitMs?: number,
  ): Promise<StreamError> {
    try {
      await topicsSeen(listener, properties, waitMs)
    } catch (error) {
      told.push(error)
      return toStreamError(error)
    }
    throw new Error('it connected')
  }

  const trust = (): Properties => ({ 'ssl.truststore.certificates': kafka.text('authority.pem') })
  const pemOf = (name: string, key: string): Properties => ({
    'ssl.keystore.certificate.chain': kafka.text(`${name}.pem`),
    'ssl.keystore.key': kafka.text(key),
  })
  const storeOf = (name: string, type: string): Properties => ({
    'ssl.keystore.location': kafka.file(name),
    'ssl.keystore.type': type,
    'ssl.keystore.password': storePassword,
  })

  test.each([
    ['PLAIN', plainLogin('boss')],
    ['SCRAM-SHA-256', scramLogin],
    ['SCRAM-SHA-512', scramLogin],
    ['OAUTHBEARER', bearerLogin('boss')],
  ])('lets us in by %s, plain and under TLS', async (mechanism, jaas) => {
    const sasl = { 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas }
    expect(await topicsSeen('SASL', { 'security.protocol': 'SASL_PLAINTEXT', ...sasl })).toEqual(topics)
    expect(await topicsSeen('SASL_TLS', { 'security.protocol': 'SASL_SSL', ...trust(), ...sasl })).toEqual(
      topics,
    )
  })

  test('takes a password with quotes, commas and backslashes', async () => {
    const sasl = { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plainLogin('ann') }
    expect(await topicsSeen('SASL', { 'security.protocol': 'SASL_PLAINTEXT', ...sasl })).toEqual([
      'described',
      'own',
    ])
  })

  test('trusts authorities given as PEM text or file', async () => {
    expect(await topicsSeen('TLS', { 'security.protocol': 'SSL', ...trust() })).toEqual(topics)
    const file = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': kafka.file('authority.pem') }
    expect(await topicsSeen('TLS', { 'security.protocol': 'SSL', ...file })).toEqual(topics)
  })

  test.each([
    ['PEM text', (): Properties => pemOf('ann', 'ann.key')],
    [
      'PEM text with an encrypted key',
      (): Properties => ({ ...pemOf('ann', 'ann.locked.key'), 'ssl.key.password': storePassword }),
    ],
    ['a PKCS #12 key store', (): Properties => storeOf('ann.p12', 'PKCS12')],
    ['a PKCS #12 key store that is called JKS, as Java allows', (): Properties => storeOf('ann.p12', 'JKS')],
  ])('shows a certificate of our own from %s', async (_, own) => {
    expect(await topicsSeen('MUTUAL', { 'security.protocol': 'SSL', ...trust(), ...own() })).toEqual([
      'described',
    ])
  })

  test('takes a certificate for another name only where we say so', async () => {
    const properties = { 'security.protocol': 'SSL', ...trust() }
    const error = await failureOf('STRANGE', properties)
    expect(error.code).toBe('AUTHENTICATION_FAILED')
    expect(error.detail).toContain("The broker's certificate was not accepted.")
    expect(error.hint).toContain('ssl.server.name')
    expect(await topicsSeen('STRANGE', { ...properties, 'ssl.server.name': 'elsewhere.test' })).toEqual(
      topics,
    )
    const unchecked = { ...properties, 'ssl.endpoint.identification.algorithm': '' }
    expect(await topicsSeen('STRANGE', unchecked)).toEqual(topics)
  })

  describe('says what is wrong when', () => {
    const plainSasl = (jaas: string): Properties => ({
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': jaas,
    })
    const scramSasl = (mechanism: string): Properties => ({
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': mechanism,
      'sasl.jaas.config': `${login}.scram.ScramLoginModule required username="boss" password="wrong-secret";`,
    })

    test.each([
      ['the password is wrong (PLAIN)', (): Properties => plainSasl(plainLogin('boss', 'wrong-secret'))],
      ['the password is wrong (SCRAM-SHA-256)', (): Properties => scramSasl('SCRAM-SHA-256')],
      ['the password is wrong (SCRAM-SHA-512)', (): Properties => scramSasl('SCRAM-SHA-512')],
    ])('%s', async (_, properties) => {
      const error = await failureOf('SASL', properties())
      expect(error.code).toBe('AUTHENTICATION_FAILED')
      expect(error.message).toBe(`${kafka.at('SASL')} refused the credentials of user "boss"`)
      expect(error.hint).toMatch(/^Check user, secret and mechanism/)
    })

    test('the mechanism is not on offer', async () => {
      const error = await failureOf('MECHANISM', scramSasl('SCRAM-SHA-512'))
      expect(error.code).toBe('AUTHENTICATION_FAILED')
      expect(error.message).toBe(`${kafka.at('MECHANISM')} does not take the SASL mechanism SCRAM-SHA-512`)
      expect(error.detail).toBe('It takes PLAIN.')
    })

    test('the port takes no SASL', async () => {
      const error = await failureOf('PLAINTEXT', plainSasl(plainLogin('boss')))
      expect(error.code).toBe('AUTHENTICATION_FAILED')
      expect(error.message).toBe(`${kafka.bootstrap} takes no SASL on this port`)
    })

    test.each([
      ['the port wants SASL', 'SASL', {}, 'BROKER_UNREACHABLE', 'it expects TLS or SASL on this port'],
      ['the port wants TLS', 'TLS', {}, 'PROTOCOL_MALFORMED', 'This port speaks TLS'],
      ['the port speaks no TLS', 'PLAINTEXT', underTls, 'BROKER_UNREACHABLE', 'the port speaks no TLS'],
      ['nobody trusts the authority', 'TLS', underTls, 'AUTHENTICATION_FAILED', 'was not accepted'],
    ] as const)('%s', async (_, listener, properties, code, guess) => {
      const waitMs = code === 'BROKER_UNREACHABLE' ? impatienceMs : patienceMs
      const error = await failureOf(listener, properties, waitMs)
      expect(error.code).toBe(code)
      expect(`${error.detail}\n${error.hint}`).toContain(guess)
    })

    test.each([
      ['we show no certificate', (): Properties => ({})],
      [
        'we show one of an authority that the broker does not trust',
        (): Properties => pemOf('eve', 'eve.key'),
      ],
    ])('%s', async (_, own) => {
      const error = await failureOf('MUTUAL', { 'security.protocol': 'SSL', ...trust(), ...own() })
      expect(error.code).toBe('AUTHENTICATION_FAILED')
      expect(error.detail).toContain('certificate of our own')
      expect(error.hint).toContain('ssl.keystore')
    })

    test('the key stays closed, or is none', async () => {
      const wrong = { ...pemOf('ann', 'ann.locked.key'), 'ssl.key.password': 'wrong-secret' }
      const closed = await failureOf('MUTUAL', { 'security.protocol': 'SSL', ...wrong })
      expect([closed.code, closed.detail]).toEqual(['CONFIG_INVALID', 'The password does not open the key.'])
      const none = { 'ssl.keystore.certificate.chain': 'no', 'ssl.keystore.key': 'no' }
      expect((await failureOf('MUTUAL', { 'security.protocol': 'SSL', ...none })).code).toBe('CONFIG_INVALID')
    })

    test('a store is one that only Java reads', async () => {
      const jks = await failureOf('MUTUAL', { 'security.protocol': 'SSL', ...storeOf('ann.jks', 'JKS') })
      expect([jks.code, jks.hint]).toEqual(['CONFIG_INVALID', expect.stringContaining('keytool')])
      const trusted = { 'ssl.truststore.type': 'PKCS12', 'ssl.truststore.location': kafka.file('trust.p12') }
      const store = await failureOf('TLS', { 'security.protocol': 'SSL', ...trusted })
      expect([store.code, store.hint]).toEqual(['CONFIG_INVALID', expect.stringContaining('keytool')])
    })
  })

  test('goes on when the session of SASL is over: it authenticates again', async () => {
    const sasl = { 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': scramLogin }
    await using opened = client('SASL_TLS', { 'security.protocol': 'SASL_SSL', ...trust(), ...sasl })
    const producer = opened.kafka.producer(producerDefaults)
    await producer.partitionCount('secrets')
    const endMs = performance.now() + 2.5 * sessionMs
    let sent = 0
    while (performance.now() < endMs) {
      producer.append('secrets', textRecord(`record ${sent++}`))
      await producer.flush()
      await sleep(100)
    }
    expect(producer.acknowledgedOffset({ topic: 'secrets', partition: 0 })).toBe(sent)
    await producer.close()
    // Each broken connection would have cost one more.
    expect(connectionsMade).toBe(2)
  })

  describe('refuses what a user has no right to:', () => {
    const asAnn: Properties = {
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': plainLogin('ann'),
    }

    async function refusal(work: (kafka: Kafka) => Promise<unknown>): Promise<string> {
      await using opened = client('SASL', asAnn)
      const error = toStreamError(await work(opened.kafka).catch((thrown: unknown) => thrown))
      told.push(error)
      expect(error.code).toBe('NOT_AUTHORIZED')
      return `${error.message} ${error.hint}`
    }

    async function write(kafka: Kafka, topic: string): Promise<void> {
      const producer = kafka.producer(producerDefaults)
      await producer.partitionCount(topic)
      producer.append(topic, textRecord('x'))
      await producer.flush()
    }

    async function read(kafka: Kafka, topic: string): Promise<void> {
      const fetcher = kafka.fetcher(fetcherDefaults)
      fetcher.assign({ topic, partition: 0 }, 0)
      for (;;) {
        fetcher.poll()
        await fetcher.ready(100)
      }
    }

    test('a topic', async () => {
      expect(await refusal((kafka) => write(kafka, 'secrets'))).toMatch(/topic "secrets".*--topic/)
      expect(await refusal((kafka) => write(kafka, 'described'))).toMatch(/write to .*described-0.*--topic/)
      expect(await refusal((kafka) => read(kafka, 'described'))).toMatch(/fetch from described-0.*--topic/)
      const made = { name: 'new', partitions: 1, replicationFactor: 1, configs: {} }
      expect(await refusal((kafka) => kafka.admin.createTopics([made]))).toMatch(/topic "new"/)
    })

    test('a group', async () => {
      const offsets = async (kafka: Kafka): Promise<void> => {
        const member = kafka.groupMember({ ...memberDefaults, groupId: 'closed' })
        await member.fetchOffsets([{ topic: 'described', partition: 0 }])
      }
      expect(await refusal(offsets)).toMatch(/group "closed".*--group/)
      const join = async (kafka: Kafka): Promise<void> => {
        const member = kafka.groupMember({ ...memberDefaults, groupId: 'closed' })
        for (;;) {
          await member.poll()
          await sleep(20)
        }
      }
      expect(await refusal(join)).toMatch(/group "closed".*--group/)
    })

    test('a transactional id', async () => {
      const transactional = { id: 'closed', timeoutMs: 10_000 }
      const init = (kafka: Kafka): Promise<void> =>
        kafka.producer({ ...producerDefaults, transactional }).init()
      expect(await refusal(init)).toMatch(/transactional id "closed".*--transactional-id/)
    })
  })

  test('no error and no line of the log ever held a secret', () => {
    expect(told.length).toBeGreaterThan(20)
    const text = told.map((one) => inspect(one, { depth: 20, showHidden: true })).join('\n')
    for (const secret of [...Object.values(passwords), 'wrong-secret', storePassword, 'BEGIN PRIVATE'])
      expect(text).not.toContain(secret)
  })
})
