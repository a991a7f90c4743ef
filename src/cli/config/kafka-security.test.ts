import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { securityOf } from './kafka-security.ts'

const login = (options: string): string =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`

const endpoint = 'sasl.oauthbearer.token.endpoint.url'

function bearer(options: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const module = `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ${options};`
  const mechanism = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER' }
  return { ...mechanism, 'sasl.jaas.config': module, ...more }
}

describe('securityOf', () => {
  test('is plain unless told', () => {
    expect(securityOf({ 'ssl.key.password': 'unused' })).toEqual({ tls: undefined, sasl: undefined })
  })

  test('reads user and password of a login module, whatever they hold', () => {
    const properties = {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
      'sasl.jaas.config': login(String.raw`username="ann" password="a\"b;c d"`),
    }
    expect(securityOf(properties)).toEqual({
      tls: {},
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'ann', password: 'a"b;c d' },
    })
  })

  test('takes certificates and keys as PEM text', () => {
    const properties = {
      'security.protocol': 'SSL',
      'ssl.truststore.certificates': 'CA',
      'ssl.keystore.certificate.chain': 'CHAIN',
      'ssl.keystore.key': 'KEY',
    }
    expect(securityOf(properties).tls).toEqual({ ca: 'CA', cert: 'CHAIN', key: 'KEY' })
  })

  test('leaves the name of the broker unchecked only where an empty algorithm asks for it', () => {
    const properties = { 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': '' }
    expect(securityOf(properties).tls).toEqual({ verifyHostname: false })
    expect(securityOf({ 'security.protocol': 'SSL', 'ssl.server.name': 'a.test' }).tls).toEqual({
      serverName: 'a.test',
    })
  })

  test('makes tokens for development as the login module says', () => {
    const options =
      'unsecuredLoginStringClaim_sub="ann" unsecuredLoginNumberClaim_level="3" unsecuredLoginListClaim_scope=",a,b" ' +
      'unsecuredLoginLifetimeSeconds="60" unsecuredLoginExtension_tenant="t1"'
    expect(securityOf(bearer(options)).sasl).toEqual({
      mechanism: 'OAUTHBEARER',
      token: {
        kind: 'unsecured',
        claims: { sub: 'ann', level: 3, scope: ['a', 'b'] },
        lifetimeSeconds: 60,
      },
      extensions: { tenant: 't1' },
    })
  })

  test('takes tokens from an endpoint or a file', () => {
    const login = 'clientId="weft" clientSecret="s" scope="kafka"'
    expect(securityOf(bearer(login, { [endpoint]: 'https://login.test/token' })).sasl).toEqual({
      mechanism: 'OAUTHBEARER',
      token: {
        kind: 'endpoint',
        url: 'https://login.test/token',
        clientId: 'weft',
        clientSecret: 's',
        scope: 'kafka',
      },
    })
    expect(securityOf(bearer('', { [endpoint]: 'file:///run/token' })).sasl).toEqual({
      mechanism: 'OAUTHBEARER',
      token: { kind: 'file', path: '/run/token' },
    })
  })

  test('knows a store of Java by its bytes, and says how to convert it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-jks-'))
    const path = join(folder, 'keys')
    writeFileSync(path, Buffer.from([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]))
    for (const store of ['keystore', 'truststore']) {
      const properties = { 'security.protocol': 'SSL', [`ssl.${store}.location`]: path }
      expect(() => securityOf(properties)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringContaining('keytool') }),
      )
    }
    rmSync(folder, { recursive: true })
  })

  test.each([
    [{ 'security.protocol': 'TLS' }, 'security.protocol'],
    [{ 'security.protocol': 'SASL_SSL' }, 'sasl.mechanism'],
    [{ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }, 'sasl.jaas.config'],
    [{ 'security.protocol': 'SSL', 'ssl.keystore.key': 'KEY' }, 'ssl.keystore.certificate.chain'],
    [{ 'security.protocol': 'SSL', 'ssl.keystore.certificate.chain': 'CHAIN' }, 'ssl.keystore.key'],
    [
      { 'security.protocol': 'SSL', 'ssl.keystore.location': 'k', 'ssl.keystore.type': 'BKS' },
      'ssl.keystore.type',
    ],
    [
      { 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': 'ldap' },
      'ssl.endpoint.identification.algorithm',
    ],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'GSSAPI' }, 'sasl.mechanism'],
    [bearer(''), 'sasl.jaas.config'],
    [bearer('', { [endpoint]: 'ftp://somewhere' }), endpoint],
    [bearer('clientId="c"', { [endpoint]: 'https://login.test/token' }), 'sasl.jaas.config'],
  ])('refuses %j rather than connecting less safely', (properties, name) => {
    expect(() => securityOf(properties)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`"${name}" is not`),
      }),
    )
  })

  test('never shows a secret', () => {
    const properties = {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': login('password="hidden"'),
    }
    expect(() => securityOf(properties)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hidden') }),
    )
  })
})
