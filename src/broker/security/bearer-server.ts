/**
 * The server's side of SASL OAUTHBEARER for tests: takes tokens that nobody has signed, as Apache Kafka does where it is told nothing of
 * who signs. Whoever comes may be whoever they say. Sources: RFC 7628, RFC 7515 appendix A.5.
 */
import type { Clock } from '../../base/clock.ts'
import type { SaslExchange, SaslStep } from './sasl-exchange.ts'

const separator = '\x01'
/** What a client is told before it acknowledges that it is refused. */
const invalid = Buffer.from('{"status":"invalid_token"}')

type Verdict = { readonly user: string } | { readonly reason: string }

export class BearerServer implements SaslExchange {
  readonly #clock: Clock
  #refusal: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  answer(token: Buffer): SaslStep {
    if (this.#refusal !== undefined) return { kind: 'failed', reason: this.#refusal }
    const message = messageIn(token.toString())
    if (message === undefined) return { kind: 'failed', reason: 'the message is none of OAUTHBEARER' }
    const { identity, compact } = message
    const verdict = this.#judge(compact)
    if ('user' in verdict && (identity === '' || identity === verdict.user))
      return { kind: 'done', token: Buffer.alloc(0), user: verdict.user }
    this.#refusal = 'reason' in verdict ? verdict.reason : 'the client wants to be another user than it is'
    return { kind: 'more', token: invalid }
  }

  #judge(compact: string): Verdict {
    const [header = '', claims = '', ...signature] = compact.split('.')
    const { alg } = objectIn(header)
    if (alg !== 'none' || signature.length !== 1 || signature[0] !== '')
      return { reason: 'the token is signed, and this broker takes unsecured ones only' }
    const { sub, exp } = objectIn(claims)
    if (typeof sub !== 'string' || sub === '') return { reason: 'the token has no subject' }
    if (typeof exp !== 'number') return { reason: 'the token does not say when it ends' }
    return this.#clock.nowMs() < exp * 1000 ? { user: sub } : { reason: 'the token has ended' }
  }
}

/** Who the client wants to be, where it says so, and its token; undefined where these are not there, or the message does not end. */
function messageIn(text: string): { readonly identity: string; readonly compact: string } | undefined {
  const [head = '', ...pairs] = text.split(separator)
  const named = /^[ny],(?:a=([^,]*))?,$/i.exec(head)
  const [compact] = pairs.flatMap((pair) => /^auth=Bearer (.*)$/i.exec(pair)?.slice(1) ?? [])
  if (named === null || compact === undefined || !text.endsWith(separator.repeat(2))) return undefined
  return { identity: named[1] ?? '', compact }
}

/** Of a part of a token; empty where it holds no object. */
function objectIn(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
