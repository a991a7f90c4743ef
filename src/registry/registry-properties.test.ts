import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { authorityStore, clientStore } from './fixtures/certificates.ts'
import { registrySettings } from './registry-properties.ts'
import { apicurioSettings, confluentSettings } from './settings.ts'

const confluent = (properties: Readonly<Record<string, string>>) =>
  registrySettings('confluent', { 'schema.registry.url': 'http://a', ...properties })
const apicurio = (properties: Readonly<Record<string, string>>) =>
  registrySettings('apicurio', { 'apicurio.registry.url': 'http://a', ...properties })

describe("Confluent's properties", () => {
  test('without any but the address give the defaults of the JVM', () => {
    expect(confluent({ 'schema.registry.url': 'http://a, https://b/path' })).toEqual({
      settings: confluentSettings(['http://a', 'https://b/path']),
      unsupported: [],
    })
  })

  test.each([
    [{ 'auto.register.schemas': 'false' }, { writing: { kind: 'look-up' } }],
    [{ 'auto.register.schemas': 'false', 'use.latest.version': 'true' }, { writing: { kind: 'latest' } }],
    [{ 'use.latest.version': 'true' }, { writing: { kind: 'register' } }],
    [{ 'use.schema.id': '7' }, { writing: { kind: 'id', id: 7 } }],
    [{ 'normalize.schemas': 'true' }, { normalize: true }],
    [
      { 'value.subject.name.strategy': 'io.confluent.kafka.serializers.subject.TopicRecordNameStrategy' },
      { subjects: { key: 'topic', value: 'topic-record' } },
    ],
    [
      { 'value.schema.id.serializer': 'io.confluent.kafka.serializers.schema.id.HeaderSchemaIdSerializer' },
      { writeIdTo: { key: 'payload', value: 'header' } },
    ],
    [
      { 'key.schema.id.serializer': 'HeaderSchemaIdSerializer' },
      { writeIdTo: { key: 'header', value: 'payload' } },
    ],
    [{ 'key.subject.name.strategy': 'RecordNameStrategy' }, { subjects: { key: 'record', value: 'topic' } }],
    [{ 'use.schema.id': '-1' }, {}],
    [
      { 'http.read.timeout.ms': '7', 'retries.max.wait.ms': '8', 'max.schemas.per.subject': '9' },
      { limits: expect.objectContaining({ requestTimeoutMs: 7, backoffMaxMs: 8, schemasMax: 9 }) },
    ],
    [
      { 'basic.auth.credentials.source': 'USER_INFO', 'basic.auth.user.info': 'me:a:b' },
      { auth: { kind: 'basic', username: 'me', password: 'a:b' } },
    ],
    [
      { 'bearer.auth.credentials.source': 'STATIC_TOKEN', 'schema.registry.bearer.auth.token': 't' },
      { auth: { kind: 'bearer', token: 't' } },
    ],
    [
      {
        'bearer.auth.credentials.source': 'OAUTHBEARER',
        'bearer.auth.issuer.endpoint.url': 'https://login',
        'bearer.auth.client.id': 'c',
        'bearer.auth.client.secret': 's',
      },
      {
        auth: {
          kind: 'oauth',
          endpoint: 'https://login',
          clientId: 'c',
          clientSecret: 's',
          scope: undefined,
        },
      },
    ],
    [
      { 'max.retries': '0', 'retries.wait.ms': '5', 'latest.cache.ttl.sec': '-1' },
      {
        limits: expect.objectContaining({
          triesMax: 1,
          backoffMs: 5,
          latestAgeMaxMs: Number.MAX_SAFE_INTEGER,
        }),
      },
    ],
    [{ 'schema.registry.ssl.truststore.certificates': 'PEM' }, { tls: { ca: 'PEM', verify: true } }],
  ])('%j mean what they say', (properties, expected) => {
    expect(confluent(properties as Record<string, string>)).toEqual({
      settings: { ...confluentSettings(['http://a']), ...expected },
      unsupported: [],
    })
  })

  test('that mean nothing here are named', () => {
    expect(confluent({ 'rule.executors': 'x', 'specific.avro.reader': 'true' }).unsupported).toEqual([
      'rule.executors',
      'specific.avro.reader',
    ])
  })

  test.each([
    [{ 'schema.registry.url': '' }, 'the schema registry has no "schema.registry.url"'],
    [{ 'schema.registry.url': 'localhost:8081' }, '"schema.registry.url" is not a list of addresses'],
    [{ 'use.latest.version': 'maybe' }, '"use.latest.version" is not true or false'],
    [{ 'key.subject.name.strategy': 'com.example.Mine' }, '"key.subject.name.strategy" is not one of'],
    [{ 'basic.auth.credentials.source': 'USER_INFO' }, '"basic.auth.user.info" is not a user'],
    [
      { 'basic.auth.credentials.source': 'SASL_INHERIT' },
      '"basic.auth.credentials.source" is not URL or USER_INFO',
    ],
    [{ 'schema.registry.ssl.endpoint.identification.algorithm': 'none' }, 'algorithm" is not "https"'],
    [{ 'max.retries': '-1' }, '"max.retries" is not a whole number'],
  ])('%j are refused, and no value is shown', (properties, message) => {
    expect(() => confluent(properties as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('certificates come from PEM text or a file, a key from PKCS #12, too, and both with each other', () => {
    const prefix = 'schema.registry.ssl'
    const texts = { [`${prefix}.keystore.certificate.chain`]: 'CHAIN', [`${prefix}.keystore.key`]: 'KEY' }
    expect(confluent({ ...texts, [`${prefix}.key.password`]: 'p' }).settings.tls).toEqual({
      cert: 'CHAIN',
      key: 'KEY',
      passphrase: 'p',
      verify: true,
    })
    expect(() => confluent({ [`${prefix}.keystore.key`]: 'KEY' })).toThrow(
      `"${prefix}.keystore" is not complete`,
    )
  })

  test.each(['schema.registry.ssl', 'apicurio.registry.tls'])('stores of %s', (prefix) => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-stores-'))
    const write = (name: string, bytes: string | Buffer): string => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    const store = (side: string, path: string, type: string): Record<string, string> => ({
      [`${prefix}.${side}.location`]: path,
      [`${prefix}.${side}.type`]: type,
    })
    const read = (properties: Record<string, string>) =>
      prefix.startsWith('apicurio') ? apicurio(properties) : confluent(properties)
    try {
      const pem = write('all.pem', 'PEM')
      expect(read(store('keystore', pem, 'PEM')).settings.tls).toEqual({
        cert: 'PEM',
        key: 'PEM',
        verify: true,
      })
      expect(read(store('truststore', pem, 'PEM')).settings.tls).toEqual({ ca: 'PEM', verify: true })
      const own = store('keystore', write('own.p12', clientStore), 'PKCS12')
      const opened = read({ ...own, [`${prefix}.keystore.password`]: 'secret' })
      expect(opened.settings.tls).toEqual({ pfx: clientStore, passphrase: 'secret', verify: true })
      expect(opened.unsupported).toEqual([])

      const java = write('java.jks', Buffer.from('feedfeed00000002', 'hex'))
      const refused: [Record<string, string>, string, string][] = [
        [own, 'keystore.password', 'password'],
        [store('keystore', java, 'JKS'), 'keystore.location', 'keytool -importkeystore'],
        [store('truststore', java, 'JKS'), 'truststore.location', 'keytool -list -rfc'],
        [
          store('truststore', write('trust.p12', authorityStore), 'PKCS12'),
          'truststore.type',
          'keytool -list -rfc',
        ],
        [store('keystore', pem, 'BCFKS'), 'keystore.type', 'what the file is'],
      ]
      for (const [properties, name, hint] of refused)
        expect(() => read(properties)).toThrow(
          expect.objectContaining({
            code: 'CONFIG_INVALID',
            message: expect.stringContaining(`"${prefix}.${name}" is not`),
            hint: expect.stringContaining(hint),
          }),
        )
      expect(() => read(store('keystore', `${pem}.x`, 'PEM'))).toThrow('could not read')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("Apicurio's properties", () => {
  const register = { writing: { kind: 'register' } }
  test.each([
    [{}, {}],
    [{ 'apicurio.registry.auto-register': 'true' }, register],
    [{ 'apicurio.registry.find-latest': 'true' }, { writing: { kind: 'latest' } }],
    [{ 'apicurio.registry.artifact.version': '3' }, { writing: { kind: 'version', version: '3' } }],
    [
      {
        'apicurio.registry.artifact-resolver-strategy':
          'io.apicurio.registry.serde.avro.strategy.RecordIdStrategy',
      },
      { subjects: { key: 'record', value: 'record' } },
    ],
    [
      {
        'apicurio.registry.id-handler': 'io.apicurio.registry.serde.Legacy8ByteIdHandler',
        'apicurio.registry.use-id': 'globalId',
      },
      { idBytes: 8, idKind: 'globalId' },
    ],
    [{ 'apicurio.registry.headers.enabled': 'true' }, { writeIdTo: 'header' }],
    [{ 'apicurio.registry.serde.send-type-ref': 'false' }, { message: 'none' }],
    [
      { 'apicurio.registry.serde.send-type-ref': 'false', 'apicurio.registry.serde.send-indexes': 'true' },
      { message: 'path' },
    ],
    [{ 'apicurio.registry.tls.trust-all': 'true' }, { tls: { verify: false } }],
    [{ 'apicurio.registry.auto-register': 'true', 'apicurio.registry.find-latest': 'true' }, register],
    [{ 'apicurio.registry.canonicalize': 'true' }, { normalize: true }],
    [
      { 'apicurio.registry.artifact.group-id': 'g', 'apicurio.registry.artifact.artifact-id': 'a' },
      { group: 'g', artifact: 'a' },
    ],
    [
      { 'apicurio.registry.artifact-resolver-strategy': 'SimpleTopicIdStrategy' },
      { subjects: { key: 'plain-topic', value: 'plain-topic' } },
    ],
    [
      { 'apicurio.registry.artifact-resolver-strategy': 'TopicRecordIdStrategy' },
      { subjects: { key: 'topic-record', value: 'topic-record' } },
    ],
    [{ 'apicurio.registry.id-handler': 'OptimisticFallbackIdHandler' }, { idBytes: 'either' }],
    [
      {
        'apicurio.registry.retry-count': '0',
        'apicurio.registry.retry-backoff-ms': '5',
        'apicurio.registry.check-period-ms': '6',
      },
      { limits: expect.objectContaining({ triesMax: 1, backoffMs: 5, latestAgeMaxMs: 6 }) },
    ],
    [
      {
        'apicurio.registry.auth.service.token.endpoint': 'https://login',
        'apicurio.registry.auth.client.id': 'c',
        'apicurio.registry.auth.client.secret': 's',
        'apicurio.registry.auth.client.scope': 'all',
      },
      {
        auth: {
          kind: 'oauth',
          endpoint: 'https://login',
          clientId: 'c',
          clientSecret: 's',
          scope: 'all',
        },
      },
    ],
    [
      { 'apicurio.registry.auth.username': 'u', 'apicurio.registry.auth.password': 'p' },
      { auth: { kind: 'basic', username: 'u', password: 'p' } },
    ],
  ])('%j mean what they say', (properties, expected) => {
    expect(apicurio(properties as Record<string, string>)).toEqual({
      settings: { ...apicurioSettings(['http://a']), ...expected },
      unsupported: [],
    })
  })

  test('that contradict each other are refused', () => {
    expect(() => apicurio({ 'apicurio.registry.serde.send-indexes': 'true' })).toThrow('turn one of them off')
    expect(() => apicurio({ 'apicurio.registry.auth.username': 'u' })).toThrow('is not a password')
  })

  test.each([
    [{ 'apicurio.auth.username': 'u' }, 'it is apicurio.registry.auth.username there'],
    [{ 'apicurio.registry.as-confluent': 'true' }, 'it is apicurio.registry.use-id and'],
    [
      { 'apicurio.registry.id-handler': 'io.apicurio.registry.serde.Legacy4ByteIdHandler' },
      'is not one of Default4',
    ],
  ])('of older versions are refused: %j', (properties, message) => {
    expect(() => apicurio(properties as Record<string, string>)).toThrow(message)
  })
})
