/**
 * The server's side of one SCRAM exchange. Source: RFC 5802 and RFC 7677, without channel binding.
 *
 * The client names its user and a nonce; the server answers with its own nonce, the salt and the iterations; the client proves that it
 * knows the password; the server proves that it knows the credential. Neither sends what the other could use elsewhere.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { scramSignature, scramStoredKey, scramXor, type ScramMechanism } from '../../protocol/scram.ts'
import type { SaslExchange, SaslStep } from './sasl-exchange.ts'
import type { ScramCredential } from './scram-credentials.ts'

const nonceBytes = 24
/** `n,,` or `y,,`, perhaps with who the user wants to be; then what the proof is over, with extensions that are ignored. */
const firstMessage =
  /^[ny],(?:a=(?<identity>[^,]*))?,(?<bare>n=(?<user>[^,]+),r=(?<nonce>[\u0021-\u002b\u002d-\u007e]+)(?:,.*)?)$/s
const finalMessage =
  /^(?<unproved>c=(?<binding>[A-Za-z0-9+/=]+),r=(?<nonce>[^,]+)(?:,[^p].*)?),p=(?<proof>[A-Za-z0-9+/=]+)$/s

interface Opened {
  readonly user: string
  readonly credential: ScramCredential
  readonly nonce: string
  /** The two messages that were exchanged, as the proof is over them. */
  readonly transcript: string
}

export class ScramServer implements SaslExchange {
  readonly #mechanism: ScramMechanism
  readonly #credentialOf: (user: string) => ScramCredential | undefined
  #opened: Opened | undefined

  constructor(mechanism: ScramMechanism, credentialOf: (user: string) => ScramCredential | undefined) {
    this.#mechanism = mechanism
    this.#credentialOf = credentialOf
  }

  answer(token: Buffer): SaslStep {
    return this.#opened === undefined
      ? this.#open(token.toString())
      : this.#prove(token.toString(), this.#opened)
  }

  #open(text: string): SaslStep {
    const { identity = '', bare = '', user: name = '', nonce = '' } = firstMessage.exec(text)?.groups ?? {}
    if (bare === '') return { kind: 'failed', reason: 'the first message is none of SCRAM' }
    const user = name.replaceAll('=2C', ',').replaceAll('=3D', '=')
    if (identity !== '' && identity !== name)
      return { kind: 'failed', reason: 'the client wants to be another user than it is', user }
    const credential = this.#credentialOf(user)
    if (credential === undefined)
      return { kind: 'failed', reason: `the user has no ${this.#mechanism} credential`, user }
    const own = `${nonce}${randomBytes(nonceBytes).toString('base64url')}`
    const reply = `r=${own},s=${credential.salt.toString('base64')},i=${credential.iterations}`
    this.#opened = { user, credential, nonce: own, transcript: `${bare},${reply}` }
    return { kind: 'more', token: Buffer.from(reply) }
  }

  #prove(text: string, { user, credential, nonce, transcript }: Opened): SaslStep {
    const groups = finalMessage.exec(text)?.groups
    if (groups === undefined || groups['nonce'] !== nonce)
      return { kind: 'failed', reason: 'the last message does not fit the exchange', user }
    const signed = `${transcript},${groups['unproved']}`
    const proof = Buffer.from(groups['proof'] ?? '', 'base64')
    const signature = scramSignature(this.#mechanism, credential.storedKey, signed)
    if (proof.length !== signature.length) return { kind: 'failed', reason: 'the proof is too short', user }
    const storedKey = scramStoredKey(this.#mechanism, scramXor(proof, signature))
    if (!timingSafeEqual(storedKey, credential.storedKey))
      return { kind: 'failed', reason: 'wrong password', user }
    const verifier = scramSignature(this.#mechanism, credential.serverKey, signed).toString('base64')
    return { kind: 'done', token: Buffer.from(`v=${verifier}`), user }
  }
}
