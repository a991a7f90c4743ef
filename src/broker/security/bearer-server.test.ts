import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { BearerServer } from './bearer-server.ts'

const clock = new ManualClock(1_700_000_000_000)
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function tokenOf(claims: object, { alg = 'none', signature = '' } = {}): string {
  return `${part({ alg })}.${part({ exp: 1_700_000_060, ...claims })}.${signature}`
}

function answer(message: string, server = new BearerServer(clock)) {
  return server.answer(Buffer.from(message))
}

describe('a client with an unsecured token', () => {
  test.each([
    ['alone', (token: string) => `n,,\x01auth=Bearer ${token}\x01\x01`],
    ['with extensions', (token: string) => `n,,\x01auth=Bearer ${token}\x01logicalCluster=x\x01\x01`],
    ['that names itself', (token: string) => `n,a=alice,\x01auth=Bearer ${token}\x01\x01`],
    ['that writes bearer small', (token: string) => `n,,\x01auth=bearer ${token}\x01\x01`],
  ])('is its subject: %s', (_, messageOf) => {
    expect(answer(messageOf(tokenOf({ sub: 'alice' })))).toMatchObject({ kind: 'done', user: 'alice' })
  })

  test.each([
    ['signed', tokenOf({ sub: 'alice' }, { alg: 'RS256', signature: 'abc' }), 'the token is signed'],
    ['without a subject', tokenOf({}), 'the token has no subject'],
    ['without an end', tokenOf({ sub: 'alice', exp: undefined }), 'does not say when it ends'],
    ['that is over', tokenOf({ sub: 'alice', exp: 1_700_000_000 }), 'the token has ended'],
    ['that is none', 'x', 'the token is signed'],
    ['whose claims are no object', `${part({ alg: 'none' })}.${part(null)}.`, 'the token has no subject'],
  ])('is refused in two steps where it is one %s', (_, token, reason) => {
    const server = new BearerServer(clock)
    const first = answer(`n,,\x01auth=Bearer ${token}\x01\x01`, server)
    expect(first).toEqual({ kind: 'more', token: Buffer.from('{"status":"invalid_token"}') })
    expect(answer('\x01', server)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) })
  })

  test('cannot be another user', () => {
    const server = new BearerServer(clock)
    expect(answer(`n,a=bob,\x01auth=Bearer ${tokenOf({ sub: 'alice' })}\x01\x01`, server).kind).toBe('more')
    expect(answer('\x01', server).kind).toBe('failed')
  })
})

test('what is no message of OAUTHBEARER is refused at once', () => {
  for (const message of ['', '\0alice\0secret', 'n,,\x01auth=Basic x\x01\x01'])
    expect(answer(message)).toEqual({ kind: 'failed', reason: 'the message is none of OAUTHBEARER' })
})
