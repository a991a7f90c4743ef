/**
 * One connection with SASL over any other: authenticates before it is used, and again before the session that the broker granted
 * is over (KIP-368). While it authenticates again, requests wait; those under way are answered first, as the broker keeps order.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { deferred } from '../../base/deferred.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import type { Api, DeepPartial } from '../../protocol/api.ts'
import { apis } from '../../protocol/apis.ts'
import { isRetriable, kafkaErrorName } from '../../protocol/error-codes.ts'
import { responseError } from '../cluster/response-error.ts'
import type { Connection, EncodedRequest } from '../contracts.ts'
import { bearerTokens } from './bearer-token.ts'
import { exchangeSasl, SaslBroken } from './sasl-exchange.ts'
import { saslIdentity, type SaslSettings } from './sasl-settings.ts'

export interface SaslTarget {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** How long the broker may take over one step. */
  readonly stepTimeoutMs: number
  readonly sasl: SaslSettings
  readonly token: () => Promise<string>
}

/** The newest versions that every broker since Kafka 2.2 speaks; before them nobody has asked what it speaks. */
const handshakeVersion = 1
const authenticateVersion = 1
/** Of a session's life: then we authenticate again. */
const reauthenticatePart = 0.85

/** Gives the tokens of a client's connections, where its mechanism takes tokens. */
export function tokensOf(sasl: SaslSettings, clock: Clock): () => Promise<string> {
  return sasl.mechanism === 'OAUTHBEARER' ? bearerTokens(sasl.token, clock) : () => Promise.resolve('')
}

/** @throws StreamError `AUTHENTICATION_FAILED` saying what was refused; never with a secret in it */
export async function connectSasl(target: SaslTarget, connection: Connection): Promise<Connection> {
  const authenticated = new SaslConnection(target, connection)
  try {
    await authenticated.authenticate()
  } catch (error) {
    await connection.close()
    throw error
  }
  return authenticated
}

class SaslConnection implements Connection {
  readonly #target: SaslTarget
  readonly #connection: Connection
  #reauthenticating: Promise<void> | undefined
  #failure: StreamError | undefined
  #timer: Timer | undefined

  constructor(target: SaslTarget, connection: Connection) {
    this.#target = target
    this.#connection = connection
  }

  get closed(): boolean {
    return this.#connection.closed
  }

  async send(request: EncodedRequest): Promise<Buffer> {
    if (this.#reauthenticating !== undefined) await this.#reauthenticating
    if (this.#failure !== undefined) throw this.#failure
    return this.#connection.send(request)
  }

  recycle(response: Buffer): void {
    this.#connection.recycle?.(response)
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#connection.close()
  }

  async authenticate(): Promise<void> {
    const { sasl, token } = this.#target
    await this.#handshake()
    let lifetimeMs = 0
    try {
      await exchangeSasl(sasl, token, async (authBytes) => {
        const answer = await this.#ask(apis.saslAuthenticate, { authBytes }, authenticateVersion)
        if (isRetriable(answer.errorCode)) throw this.#later(answer.errorCode)
        if (answer.errorCode !== 0) throw this.#refused(answer.errorMessage ?? undefined)
        lifetimeMs = answer.sessionLifetimeMs
        return answer.authBytes
      })
    } catch (error) {
      throw error instanceof SaslBroken ? this.#refused(error.message) : error
    }
    if (lifetimeMs > 0) this.#scheduleAgain(lifetimeMs)
  }

  #scheduleAgain(lifetimeMs: number): void {
    this.#timer = this.#target.clock.setTimer(lifetimeMs * reauthenticatePart, () => {
      if (!this.closed) void this.#again()
    })
  }

  /** Requests that come meanwhile wait for it; a refusal is theirs, and the connection ends. */
  async #again(): Promise<void> {
    const done = deferred()
    this.#reauthenticating = done.promise
    try {
      await this.authenticate()
    } catch (error) {
      this.#failure = toStreamError(error)
      await this.#connection.close()
    }
    this.#reauthenticating = undefined
    done.resolve()
  }

  async #handshake(): Promise<void> {
    const { mechanism } = this.#target.sasl
    const { errorCode, mechanisms } = await this.#ask(apis.saslHandshake, { mechanism }, handshakeVersion)
    const name = kafkaErrorName(errorCode)
    if (name === 'NONE') return
    if (isRetriable(errorCode)) throw this.#later(errorCode)
    if (name === 'ILLEGAL_SASL_STATE')
      throw this.#error('takes no SASL on this port', {
        hint: 'Set `security.protocol` to PLAINTEXT or SSL, or use the port of a listener with SASL.',
      })
    throw this.#error(`does not take the SASL mechanism ${mechanism}`, {
      detail: `It takes ${mechanisms.join(', ') || 'none'}.`,
      hint: 'Set `sasl.mechanism` to one that it takes.',
    })
  }

  /** The broker cannot say now: no refusal. */
  #later(errorCode: number): StreamError {
    return responseError(errorCode, `authenticate at ${this.#target.host}:${this.#target.port}`)
  }

  #refused(detail: string | undefined): StreamError {
    const { sasl } = this.#target
    return this.#error(`refused the credentials of ${saslIdentity(sasl)}`, {
      ...(detail === undefined ? {} : { detail }),
      hint: `Check user, secret and mechanism (${sasl.mechanism}).`,
    })
  }

  #error(what: string, options: { readonly detail?: string; readonly hint: string }): StreamError {
    return new StreamError(
      'AUTHENTICATION_FAILED',
      `${this.#target.host}:${this.#target.port} ${what}`,
      options,
    )
  }

  async #ask<Request, Response>(
    api: Api<Request, Response>,
    request: DeepPartial<Request>,
    version: number,
  ): Promise<Response> {
    const writer = new ByteWriter()
    api.request.encode(request, version, writer)
    const body = await this.#connection.send({
      apiKey: api.key,
      apiVersion: version,
      flexible: api.isFlexible(version),
      body: [writer.view()],
      timeoutMs: this.#target.stepTimeoutMs,
    })
    return api.response.decode(body, version)
  }
}
