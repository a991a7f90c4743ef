/** The server's side of SASL PLAIN: one message with user and password. Source: RFC 4616. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { SaslExchange, SaslStep } from './sasl-exchange.ts'

export class PlainServer implements SaslExchange {
  readonly #passwordOf: (user: string) => string | undefined

  constructor(passwordOf: (user: string) => string | undefined) {
    this.#passwordOf = passwordOf
  }

  answer(token: Buffer): SaslStep {
    const parts = token.toString().split('\0')
    const [identity = '', user = '', password = ''] = parts
    if (parts.length !== 3 || user === '' || password === '')
      return { kind: 'failed', reason: 'the message is none of PLAIN' }
    const known = this.#passwordOf(user)
    if (known === undefined) return { kind: 'failed', reason: 'the user is not known', user }
    if (!sameSecret(known, password)) return { kind: 'failed', reason: 'wrong password', user }
    if (identity !== '' && identity !== user)
      return { kind: 'failed', reason: 'the client wants to be another user than it is', user }
    return { kind: 'done', token: Buffer.alloc(0), user }
  }
}

/** In a time that tells nothing of where they differ. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
