/**
 * Who is at the other end of a connection, and how it has come to be known.
 *
 * On a listener without SASL that is settled when the connection opens: by the client's certificate, or nobody in particular. With
 * SASL nothing but the exchange itself is served until it has succeeded; a failure is answered and ends the connection. Where
 * sessions have a lifetime, the client begins another exchange before it ends, as the same user by the same mechanism.
 */
import type { Clock } from '../../base/clock.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import { BearerServer } from './bearer-server.ts'
import { PlainServer } from './plain-server.ts'
import type { SaslExchange } from './sasl-exchange.ts'
import { ScramServer } from './scram-server.ts'
import type { Users } from './users.ts'

/** `OAUTHBEARER` takes tokens that nobody has signed: for tests. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'

export const anonymous = 'User:ANONYMOUS'

export interface SessionOptions {
  readonly clock: Clock
  readonly users: Users
  /** Whether the listener has TLS. */
  readonly encrypted: boolean
  /** Undefined: a listener without SASL. */
  readonly mechanisms: readonly SaslMechanism[] | undefined
  /** Where the connection itself says who it is. */
  readonly principal: string
  /** 0: for as long as the connection lasts. */
  readonly lifetimeMs: number
}

export interface AuthenticateAnswer {
  readonly error: KafkaErrorName
  readonly message: string | null
  readonly token: Buffer
  readonly lifetimeMs: number
  /** For the log, where it failed. */
  readonly reason?: { readonly reason: string; readonly mechanism: string; readonly user?: string }
}

/** What is served whoever asks. */
const openToAll = new Set(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate'])
const noToken = Buffer.alloc(0)

export class Session {
  readonly #options: SessionOptions
  #principal: string | undefined
  #mechanism: SaslMechanism | undefined
  #exchange: SaslExchange | undefined
  #expiresAtMs = Number.POSITIVE_INFINITY

  constructor(options: SessionOptions) {
    this.#options = options
    if (options.mechanisms === undefined) this.#principal = options.principal
  }

  get principal(): string {
    return this.#principal ?? anonymous
  }

  /** Whether it is known who is there. */
  get settled(): boolean {
    return this.#principal !== undefined
  }

  get mechanisms(): readonly SaslMechanism[] {
    return this.#options.mechanisms ?? []
  }

  /** What Kafka calls a listener of this kind. */
  get protocol(): string {
    const { encrypted, mechanisms } = this.#options
    return `${mechanisms === undefined ? '' : 'SASL_'}${encrypted ? 'SSL' : 'PLAINTEXT'}`
  }

  /** Why a request cannot be served now; undefined where it can. */
  objectionTo(api: string): string | undefined {
    if (openToAll.has(api)) return undefined
    if (this.#principal === undefined)
      return 'the client has not authenticated itself; this listener asks for SASL'
    if (this.#options.clock.monotonicMs() < this.#expiresAtMs) return undefined
    return 'the session has ended and the client has not authenticated itself again'
  }

  /** Begins an exchange. */
  handshake(wanted: string): KafkaErrorName {
    if (this.#options.mechanisms === undefined) return 'ILLEGAL_SASL_STATE'
    const mechanism = this.mechanisms.find((known) => known === wanted)
    if (mechanism === undefined) return 'UNSUPPORTED_SASL_MECHANISM'
    // Who is known by one mechanism cannot become known by another.
    if (this.#principal !== undefined && mechanism !== this.#mechanism) return 'UNSUPPORTED_SASL_MECHANISM'
    this.#mechanism = mechanism
    this.#exchange = this.#open(mechanism)
    return 'NONE'
  }

  /** Goes on with it. */
  authenticate(clientToken: Buffer): AuthenticateAnswer {
    const exchange = this.#exchange
    const mechanism = this.#mechanism
    if (exchange === undefined || mechanism === undefined)
      return failure('ILLEGAL_SASL_STATE', 'SaslAuthenticate request received before SaslHandshake')
    const step = exchange.answer(clientToken)
    if (step.kind === 'more') return { error: 'NONE', message: null, token: step.token, lifetimeMs: 0 }
    this.#exchange = undefined
    if (step.kind === 'failed')
      return {
        ...failure('SASL_AUTHENTICATION_FAILED', whatClientsLearn(mechanism)),
        reason: { mechanism, ...step },
      }
    const principal = `User:${step.user}`
    if (this.#principal !== undefined && this.#principal !== principal) {
      const reason = { reason: 'another user in the same connection', mechanism, user: step.user }
      return {
        ...failure('SASL_AUTHENTICATION_FAILED', 'Cannot change principals during re-authentication'),
        reason,
      }
    }
    this.#principal = principal
    const { lifetimeMs, clock } = this.#options
    if (lifetimeMs > 0) this.#expiresAtMs = clock.monotonicMs() + lifetimeMs
    return { error: 'NONE', message: null, token: step.token, lifetimeMs }
  }

  #open(mechanism: SaslMechanism): SaslExchange {
    const { users, clock } = this.#options
    if (mechanism === 'OAUTHBEARER') return new BearerServer(clock)
    if (mechanism === 'PLAIN') return new PlainServer((user) => users.passwordOf(user))
    return new ScramServer(mechanism, (user) => users.credentialOf(user, mechanism))
  }
}

function failure(error: KafkaErrorName, message: string): AuthenticateAnswer {
  return { error, message, token: noToken, lifetimeMs: 0 }
}

/** Neither whether the user is known nor what was wrong. */
function whatClientsLearn(mechanism: SaslMechanism): string {
  return mechanism === 'PLAIN'
    ? 'Authentication failed: Invalid username or password'
    : `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
}
