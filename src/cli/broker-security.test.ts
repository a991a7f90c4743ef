import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerSecurityOf, describeSecurity } from './broker-security.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-broker-security-'))
const pathOf = (name: string): string => join(folder, name)

beforeAll(() => {
  for (const name of ['cert', 'key', 'ca']) writeFileSync(pathOf(name), `${name} in PEM`)
  writeFileSync(pathOf('users'), '# for the shop\nalice=correct horse\nbob = a\\=b\n')
  writeFileSync(pathOf('nobody'), '# to come\n')
  writeFileSync(pathOf('open'), 'alice=secret\nbob=\n')
})

afterAll(() => rmSync(folder, { recursive: true }))

const given = { tlsCert: pathOf('cert'), tlsKey: pathOf('key') }

test('without options anyone may come', () => {
  expect(brokerSecurityOf({})).toEqual({ security: {}, users: {} })
  expect(describeSecurity({})).toBe('')
})

test('users are read with blanks and signs of equality, and come by every mechanism unless one is named', () => {
  const { security, users } = brokerSecurityOf({ users: pathOf('users') })
  expect(users).toEqual({ alice: 'correct horse', bob: 'a=b' })
  expect(describeSecurity(security)).toBe(', SASL PLAIN SCRAM-SHA-256 SCRAM-SHA-512')
  const one = brokerSecurityOf({ users: pathOf('users'), sasl: ['SCRAM-SHA-512'] })
  expect(describeSecurity(one.security)).toBe(', SASL SCRAM-SHA-512')
})

test('authorities of clients have clients show certificates, unless it is said otherwise', () => {
  expect(brokerSecurityOf(given).security.tls).toEqual({
    cert: 'cert in PEM',
    key: 'key in PEM',
    clientAuth: 'none',
  })
  const mutual = brokerSecurityOf({ ...given, tlsCa: pathOf('ca') })
  expect(mutual.security.tls).toMatchObject({ ca: 'ca in PEM', clientAuth: 'required' })
  expect(describeSecurity(mutual.security)).toBe(', TLS with certificates of clients')
  const asked = brokerSecurityOf({ ...given, tlsCa: pathOf('ca'), tlsClientAuth: 'requested' })
  expect(asked.security.tls?.clientAuth).toBe('requested')
})

describe('what does not fit together is refused before anything listens:', () => {
  test.each([
    [{ tlsCert: pathOf('cert') }, 'USAGE_INVALID', 'TLS needs a certificate and its key'],
    [{ tlsKey: pathOf('key') }, 'USAGE_INVALID', 'TLS needs a certificate and its key'],
    [{ tlsCa: pathOf('ca') }, 'USAGE_INVALID', 'TLS needs a certificate and its key'],
    [
      { ...given, tlsClientAuth: 'required' as const },
      'USAGE_INVALID',
      'nobody signs the certificates of clients',
    ],
    [{ sasl: ['PLAIN'] as const }, 'USAGE_INVALID', '"--sasl" knows no user'],
    [{ users: pathOf('nobody') }, 'CONFIG_INVALID', `no user is in "${pathOf('nobody')}"`],
    [{ users: pathOf('open') }, 'CONFIG_INVALID', `user "bob" in "${pathOf('open')}" has no password`],
    [
      { ...given, tlsKey: pathOf('none') },
      'FILE_UNREADABLE',
      `could not read "${pathOf('none')}" of "--tls-key"`,
    ],
  ])('%j', (options, code, message) => {
    expect(() => brokerSecurityOf(options)).toThrow(expect.objectContaining({ code, message }))
  })

  test('but SASL without a file of users stands where a data folder may hold them', () => {
    expect(brokerSecurityOf({ sasl: ['SCRAM-SHA-256'], dataDir: 'somewhere' }).users).toEqual({})
  })
})
