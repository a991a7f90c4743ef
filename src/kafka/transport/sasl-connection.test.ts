import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { StreamError } from '../../base/errors.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import type { Api, DeepPartial } from '../../protocol/api.ts'
import { apis } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { scramAttributes, scramKeys, scramSignature, scramXor, type ScramKeys } from '../../protocol/scram.ts'
import type { Connection, EncodedRequest } from '../contracts.ts'
import { connectSasl, tokensOf } from './sasl-connection.ts'
import type { SaslSettings } from './sasl-settings.ts'

const password = 'p,w=secret'
const salt = Buffer.from('salt of the broker')
const iterations = 4096
const lifetimeMs = 10_000

interface Habits {
  readonly iterations?: number
  readonly nonce?: (ours: string) => string
  readonly signature?: (right: Buffer) => Buffer
  /** From this authentication on, the password is refused. */
  readonly refusesFrom?: number
  /** It cannot say now. */
  readonly busy?: 'handshake' | 'authenticate'
}

/** The broker's half of SCRAM-SHA-512 and PLAIN, as one connection; everything else is answered with its own body. */
class ScramBroker implements Connection {
  closed = false
  /** Names of the requests, in their order. */
  readonly log: string[] = []
  authentications = 0
  readonly #habits: Habits
  #mechanism = ''
  #challenge: { readonly bare: string; readonly first: string } | undefined

  constructor(habits: Habits = {}) {
    this.#habits = habits
  }

  async send(request: EncodedRequest): Promise<Buffer> {
    const body = Buffer.concat(request.body)
    const { apiVersion } = request
    if (request.apiKey === apis.saslHandshake.key) {
      this.log.push('handshake')
      this.#mechanism = apis.saslHandshake.request.decode(body, apiVersion).mechanism
      if (this.#habits.busy === 'handshake') return encoded(apis.saslHandshake, later, apiVersion)
      const known = ['SCRAM-SHA-512', 'PLAIN'].includes(this.#mechanism)
      const errorCode = known ? 0 : kafkaErrorCode('UNSUPPORTED_SASL_MECHANISM')
      return encoded(apis.saslHandshake, { errorCode, mechanisms: ['SCRAM-SHA-512', 'PLAIN'] }, apiVersion)
    }
    if (request.apiKey === apis.saslAuthenticate.key) {
      this.log.push('authenticate')
      if (this.#habits.busy === 'authenticate') return encoded(apis.saslAuthenticate, later, apiVersion)
      const { authBytes } = apis.saslAuthenticate.request.decode(body, apiVersion)
      const answer = await this.#authenticate(authBytes.toString())
      return encoded(apis.saslAuthenticate, answer, apiVersion)
    }
    this.log.push('other')
    return body
  }

  async close(): Promise<void> {
    this.closed = true
  }

  async #authenticate(message: string) {
    if (this.#mechanism === 'PLAIN') return message === `\0ann\0${password}` ? accepted('') : refusal
    if (this.#challenge === undefined) {
      const bare = message.slice('n,,'.length)
      const ours = scramAttributes(bare).get('r') ?? ''
      const nonce = this.#habits.nonce?.(ours) ?? `${ours}and-more`
      const first = `r=${nonce},s=${salt.toString('base64')},i=${this.#habits.iterations ?? iterations}`
      this.#challenge = { bare, first }
      return accepted(first)
    }
    const { bare, first } = this.#challenge
    this.#challenge = undefined
    const keys = await scramKeys('SCRAM-SHA-512', password, salt, iterations)
    const signed = `${bare},${first},${message.slice(0, message.indexOf(',p='))}`
    if (!proves(keys, signed, scramAttributes(message).get('p') ?? '')) return refusal
    if (++this.authentications >= (this.#habits.refusesFrom ?? Infinity)) return refusal
    const right = scramSignature('SCRAM-SHA-512', keys.serverKey, signed)
    return accepted(`v=${(this.#habits.signature?.(right) ?? right).toString('base64')}`)
  }
}

const later = { errorCode: kafkaErrorCode('COORDINATOR_LOAD_IN_PROGRESS') }

const refusal = {
  errorCode: kafkaErrorCode('SASL_AUTHENTICATION_FAILED'),
  errorMessage: 'Authentication failed',
  authBytes: Buffer.alloc(0),
}

function accepted(text: string) {
  return { errorCode: 0, authBytes: Buffer.from(text), sessionLifetimeMs: lifetimeMs }
}

function proves({ storedKey }: ScramKeys, signed: string, proof: string): boolean {
  const key = scramXor(Buffer.from(proof, 'base64'), scramSignature('SCRAM-SHA-512', storedKey, signed))
  return timingSafeEqual(createHash('sha512').update(key).digest(), storedKey)
}

function encoded<Q, S>(api: Api<Q, S>, response: DeepPartial<S>, version: number): Buffer {
  const writer = new ByteWriter()
  api.response.encode(response, version, writer)
  return writer.copy()
}

function open(broker: ScramBroker, sasl: Partial<SaslSettings> = {}, clock = new ManualClock()) {
  const settings = { mechanism: 'SCRAM-SHA-512', username: 'ann', password, ...sasl } as SaslSettings
  const target = { host: 'broker', port: 9092, clock, stepTimeoutMs: 1000, sasl: settings }
  return connectSasl({ ...target, token: tokensOf(settings, clock) }, broker)
}

async function failureOf(work: Promise<unknown>): Promise<StreamError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  // What is thrown here is ours.
  return thrown as StreamError
}

const request: EncodedRequest = {
  apiKey: 3,
  apiVersion: 0,
  flexible: false,
  body: [Buffer.from('asked')],
  timeoutMs: 1000,
}

describe.each(['SCRAM-SHA-512', 'PLAIN'] as const)('%s', (mechanism) => {
  test('opens the connection with the right password', async () => {
    const broker = new ScramBroker()
    const connection = await open(broker, { mechanism })
    expect(String(await connection.send(request))).toBe('asked')
    expect(broker.log.slice(0, 2)).toEqual(['handshake', 'authenticate'])
  })

  test('is refused with a wrong one; the error tells who and not with what', async () => {
    const broker = new ScramBroker()
    const error = await failureOf(open(broker, { mechanism, password: 'a guess' }))
    expect(error).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: 'broker:9092 refused the credentials of user "ann"',
      detail: 'Authentication failed',
    })
    expect(inspect(error, { depth: 10 })).not.toContain('a guess')
    expect(broker.closed).toBe(true)
  })
})

test('a mechanism that is not on offer is told with those that are', async () => {
  const error = await failureOf(open(new ScramBroker(), { mechanism: 'SCRAM-SHA-256' }))
  expect(error.message).toBe('broker:9092 does not take the SASL mechanism SCRAM-SHA-256')
  expect(error.detail).toBe('It takes SCRAM-SHA-512, PLAIN.')
})

test.each<[string, Habits]>([
  ['its nonce is not made from ours', { nonce: () => 'all its own' }],
  ['its nonce is ours', { nonce: (ours) => ours }],
  ['it asks for too little work', { iterations: 1 }],
  ['it asks for endless work', { iterations: 2_000_000_000 }],
  ['it does not know the password itself', { signature: (right) => Buffer.from(right.toReversed()) }],
  ['it proves nothing', { signature: () => Buffer.alloc(0) }],
])('a broker is not believed when %s', async (_, habits) => {
  expect((await failureOf(open(new ScramBroker(habits)))).code).toBe('AUTHENTICATION_FAILED')
})

test.each(['handshake', 'authenticate'] as const)(
  'a broker that cannot answer the %s now has not refused',
  async (busy) => {
    const broker = new ScramBroker({ busy })
    const error = await failureOf(open(broker))
    expect(error).toMatchObject({
      code: 'KAFKA_RETRIABLE',
      message: 'could not authenticate at broker:9092 (COORDINATOR_LOAD_IN_PROGRESS)',
    })
    expect(broker.closed).toBe(true)
  },
)

describe('before the session is over', () => {
  test('the client authenticates again, and requests wait for it', async () => {
    const broker = new ScramBroker()
    const clock = new ManualClock()
    const connection = await open(broker, {}, clock)
    await clock.advance(lifetimeMs * 0.8)
    expect(broker.authentications).toBe(1)
    await clock.advance(lifetimeMs * 0.1)
    const answer = connection.send(request)
    expect(String(await answer)).toBe('asked')
    expect(broker.authentications).toBe(2)
    expect(broker.log.slice(3)).toEqual(['handshake', 'authenticate', 'authenticate', 'other'])
    await connection.close()
    await clock.advance(10 * lifetimeMs)
    expect(broker.authentications).toBe(2)
  })

  test('a refusal then ends the connection, and is what requests are told', async () => {
    const broker = new ScramBroker({ refusesFrom: 2 })
    const clock = new ManualClock()
    const connection = await open(broker, {}, clock)
    await clock.advance(lifetimeMs * 0.9)
    const error = await failureOf(connection.send(request))
    expect(error.code).toBe('AUTHENTICATION_FAILED')
    expect(connection.closed).toBe(true)
  })
})
