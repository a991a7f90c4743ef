/**
 * Requests to a registry that may be slow, down for a moment, or busy: with a limit of time, tried again with back-off and jitter, at
 * the next address where there are several, never more often than the settings allow.
 */
import { sleep, type Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { RegistryLimits } from '../settings.ts'
import type { Transport } from './transport.ts'

export interface RegistryExchangeOptions {
  readonly urls: readonly string[]
  readonly limits: RegistryLimits
  readonly transport: Transport
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>
  /** The `authorization` header, where one is needed; may fetch a token first. */
  readonly authorization: () => Promise<string | undefined>
  readonly clock: Clock
  readonly random: Random
}

export interface RegistryRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly text?: string
}

/** Statuses that another try may change: too many requests, and servers that are down, starting or overloaded. */
const passing = new Set([408, 429, 500, 502, 503, 504])

export class RegistryExchange {
  readonly #options: RegistryExchangeOptions
  readonly #closed = new AbortController()
  /** The address that answered last is asked first. */
  #urlIndex = 0
  #nextTurnMs = Number.NEGATIVE_INFINITY

  constructor(options: RegistryExchangeOptions) {
    this.#options = options
  }

  /**
   * @returns an answer of the registry, which may be a refusal
   * @throws StreamError `REGISTRY_UNREACHABLE` when no try brought one
   */
  async send(request: RegistryRequest): Promise<HttpResponse> {
    const { limits, clock } = this.#options
    let reason = 'it was not tried'
    for (let tried = 1; tried <= limits.triesMax; tried++) {
      await this.#waitForTurn()
      const outcome = await this.#try(request)
      if (typeof outcome !== 'string' && !passing.has(outcome.status)) return outcome
      reason = typeof outcome === 'string' ? outcome : `it answered ${outcome.status}`
      this.#urlIndex++
      if (tried === limits.triesMax || this.#closed.signal.aborted) break
      await sleep(clock, this.#pauseMs(tried, outcome), this.#closed.signal)
    }
    throw new StreamError(
      'REGISTRY_UNREACHABLE',
      `the schema registry at ${this.#addresses()} does not answer`,
      {
        detail: `The last of ${limits.triesMax} tries: ${reason}.`,
        hint: 'Check that the registry runs and that its address and TLS settings are right.',
      },
    )
  }

  close(): void {
    this.#closed.abort()
    this.#options.transport.close()
  }

  /** @returns the answer, or why there is none */
  async #try(request: RegistryRequest): Promise<HttpResponse | string> {
    const { clock, limits, transport, urls } = this.#options
    const authorization = await this.#options.authorization()
    const headers = {
      ...this.#options.headers,
      ...request.headers,
      ...(authorization === undefined ? {} : { authorization }),
    }
    const abort = new AbortController()
    const timer = clock.setTimer(limits.requestTimeoutMs, () => abort.abort())
    try {
      const url = urls[this.#urlIndex % urls.length] ?? ''
      const signal = AbortSignal.any([abort.signal, this.#closed.signal])
      return await transport.send(url, toHttp({ ...request, headers }), signal)
    } catch (error) {
      if (this.#closed.signal.aborted) return 'the client was closed'
      return abort.signal.aborted ? `no answer within ${limits.requestTimeoutMs} ms` : networkReason(error)
    } finally {
      timer.cancel()
    }
  }

  /** As many as a second allows may start at once; what is more comes at even distances. */
  async #waitForTurn(): Promise<void> {
    const { clock, limits } = this.#options
    const nowMs = clock.monotonicMs()
    const turnMs = Math.max(this.#nextTurnMs, nowMs - 1000)
    this.#nextTurnMs = turnMs + 1000 / limits.requestsPerSecondMax
    if (turnMs > nowMs) await sleep(clock, turnMs - nowMs, this.#closed.signal)
  }

  /** As the registry asks, within limits; else doubling, between half and all of it, so that clients do not come together. */
  #pauseMs(tried: number, outcome: HttpResponse | string): number {
    const { limits, random } = this.#options
    const asked = typeof outcome === 'string' ? undefined : outcome.headers['retry-after']
    if (asked !== undefined && /^\d+$/.test(asked)) return Math.min(Number(asked) * 1000, limits.backoffMaxMs)
    const fullMs = Math.min(limits.backoffMs * 2 ** (tried - 1), limits.backoffMaxMs)
    return fullMs * (0.5 + random.next() / 2)
  }

  #addresses(): string {
    return this.#options.urls.map(withoutCredentials).join(', ')
  }
}

function toHttp({ method, target, headers, body, text }: RegistryRequest): HttpRequest {
  return {
    method,
    target,
    headers,
    body: Buffer.from(text ?? (body === undefined ? '' : JSON.stringify(body))),
  }
}

/** An address may carry a user and a password: they are nobody's business. */
export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}

/** Codes of Node and OpenSSL say more than their messages; the usual cause is added where the symptom misleads. */
function networkReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EPROTO') return 'it does not speak TLS, or not on this port'
  if (code === 'HPE_INVALID_CONSTANT') return 'it does not speak HTTP on this port; perhaps it wants TLS'
  if (code !== undefined && tlsCodes.has(code)) return `its certificate is not trusted (${code})`
  return code ?? message
}

const tlsCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
