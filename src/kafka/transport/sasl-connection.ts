/**
 * One connection with SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, over a plain or TLS socket, with
 * re-authentication. The outside package knows these; it is loaded only where they are asked for.
 */
import type { ConnectionOptions } from 'node:tls'
import type { Connection as OutsideConnection, SASLOptions, Writer } from '@platformatic/kafka'
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Connection, EncodedRequest } from '../contracts.ts'
import { connectFailure, connectionLost, requestTimedOut } from './connection-error.ts'

export interface SaslTarget {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly tls: ConnectionOptions | undefined
  readonly sasl: SaslSettings
}

/** How to prove who we are; a function is asked anew for each authentication. */
export interface SaslSettings {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'
  readonly username?: string
  readonly password?: string | (() => string | Promise<string>)
  readonly token?: string | (() => string | Promise<string>)
}

const pendingMax = 1000
/** Its own limit must never be the one that ends a request: ours is per request. */
const outsideTimeoutMs = 2_147_000_000
const apiVersionsKey = 18

/** @throws StreamError `BROKER_UNREACHABLE`, `AUTHENTICATION_FAILED` */
export async function connectSasl(target: SaslTarget): Promise<Connection> {
  const outside = await import('@platformatic/kafka')
  const { mechanism, username, password, token } = target.sasl
  const sasl: SASLOptions = {
    mechanism,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
  }
  const connection = new outside.Connection(target.clientId, {
    connectTimeout: target.connectTimeoutMs,
    requestTimeout: outsideTimeoutMs,
    maxInflights: pendingMax,
    sasl,
    ...(target.tls === undefined ? {} : { tls: target.tls }),
  })
  try {
    await connection.connect(target.host, target.port)
  } catch (error) {
    await connection.close().catch(() => {})
    throw saslFailure(target, error)
  }
  return new SaslConnection(target, connection, () => outside.Writer.create())
}

function saslFailure(target: SaslTarget, error: unknown): StreamError {
  const refused = causes(error).some((one) => 'code' in one && one.code === 'PLT_KFK_AUTHENTICATION')
  if (!refused) return connectFailure(target.host, target.port, error)
  const message = `${target.host}:${target.port} refused the credentials of "${target.sasl.username ?? 'the token'}"`
  return new StreamError('AUTHENTICATION_FAILED', message, {
    hint: `Check user, secret and mechanism (${target.sasl.mechanism}).`,
    cause: error,
  })
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : []
}

class SaslConnection implements Connection {
  readonly #target: SaslTarget
  readonly #connection: OutsideConnection
  readonly #createWriter: () => Writer

  constructor(target: SaslTarget, connection: OutsideConnection, createWriter: () => Writer) {
    this.#target = target
    this.#connection = connection
    this.#createWriter = createWriter
    // A lost connection shows in the requests under way and in `closed`; the event itself tells nothing more.
    connection.on('error', () => {})
  }

  get closed(): boolean {
    return !this.#connection.isConnected()
  }

  send(request: EncodedRequest): Promise<Buffer> {
    const { host, port, clock } = this.#target
    const { apiKey, apiVersion, flexible, timeoutMs } = request
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(timeoutMs, () => {
        reject(requestTimedOut(`${host}:${port}`, apiKey, timeoutMs))
        void this.close()
      })
      this.#connection.send<Buffer>(
        apiKey,
        apiVersion,
        () => request.body.reduce((writer, chunk) => writer.append(chunk), this.#createWriter()),
        (_correlationId, _apiKey, _apiVersion, reader) => reader.buffer.slice(),
        flexible,
        flexible && apiKey !== apiVersionsKey,
        (error, body) => {
          timer.cancel()
          if (error === null && body !== undefined) resolve(body)
          else reject(connectionLost(host, port, error))
        },
      )
    })
  }

  async close(): Promise<void> {
    await this.#connection.close().catch(() => {})
  }
}
