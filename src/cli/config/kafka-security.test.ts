import { describe, expect, test } from 'vitest'
import { securityOf } from './kafka-security.ts'

const login = (options: string): string =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`

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

  test.each([
    [{ 'security.protocol': 'TLS' }, 'security.protocol'],
    [{ 'security.protocol': 'SASL_SSL' }, 'sasl.mechanism'],
    [{ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }, 'sasl.jaas.config'],
    [{ 'security.protocol': 'SSL', 'ssl.truststore.location': 'trust.jks' }, 'ssl.truststore.type'],
    [
      { 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': '' },
      'ssl.endpoint.identification.algorithm',
    ],
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
