import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { bearerTokens } from './bearer-token.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function endpoint(
  answer: (request: IncomingMessage, form: string) => [number, string],
): Promise<string> {
  const server = createServer((request, response) => {
    let form = ''
    request.on('data', (chunk: Buffer) => (form += chunk.toString()))
    request.on('end', () => {
      const [status, body] = answer(request, form)
      response.writeHead(status, { connection: 'close' }).end(body)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/token`
}

const client = { kind: 'endpoint', clientId: 'weft', clientSecret: 'top-secret' } as const

test('a token that nobody signs says who, from when and until when', async () => {
  const clock = new ManualClock()
  const claims = { sub: 'ann', groups: ['a', 'b'] }
  const token = await bearerTokens({ kind: 'unsecured', claims, lifetimeSeconds: 60 }, clock)()
  const [head = '', body = '', signature] = token.split('.')
  const iat = Math.floor(clock.nowMs() / 1000)
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'none' })
  expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toEqual({ iat, exp: iat + 60, ...claims })
  expect(signature).toBe('')
})

test('a file is read each time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-token-'))
  const path = join(folder, 'token')
  const tokens = bearerTokens({ kind: 'file', path }, new ManualClock())
  await expect(tokens()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  writeFileSync(path, 'one\n')
  expect(await tokens()).toBe('one')
  writeFileSync(path, 'two\n')
  expect(await tokens()).toBe('two')
  rmSync(folder, { recursive: true })
})

describe('an endpoint', () => {
  test('is asked with the credentials of the client, and again when most of the life of a token is over', async () => {
    const asked: string[] = []
    const url = await endpoint(({ method, headers }, form) => {
      asked.push(`${method} ${headers.authorization} ${form}`)
      return [200, JSON.stringify({ access_token: `token ${asked.length}`, expires_in: 100 })]
    })
    const clock = new ManualClock()
    const tokens = bearerTokens({ ...client, url, scope: 'kafka' }, clock)
    expect([await tokens(), await tokens()]).toEqual(['token 1', 'token 1'])
    await clock.advance(81_000)
    expect(await tokens()).toBe('token 2')
    const basic = Buffer.from('weft:top-secret').toString('base64')
    expect(asked[0]).toBe(`POST Basic ${basic} grant_type=client_credentials&scope=kafka`)
  })

  test.each<[string, number, string, string]>([
    ['refuses', 401, '{"error":"invalid_client"}', 'It answered 401.'],
    ['gives no token', 200, '{}', 'Its answer holds no access_token.'],
    ['answers no JSON', 200, '<html>', 'Its answer is no JSON.'],
  ])('that %s is named, without the secret', async (_, status, body, detail) => {
    const url = await endpoint(() => [status, body])
    const failure = bearerTokens({ ...client, url }, new ManualClock())()
    await expect(failure).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: `${url} gave no bearer token to client "weft"`,
      detail,
    })
    await expect(failure).rejects.not.toThrow(/top-secret/)
  })

  test('that cannot be reached is trouble that may pass', async () => {
    const url = await endpoint(() => [200, ''])
    servers.pop()?.close()
    const failure = bearerTokens({ ...client, url }, new ManualClock())()
    await expect(failure).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  })
})
