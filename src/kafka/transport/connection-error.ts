import { StreamError } from '../../base/errors.ts'
import { apiByKey } from '../../protocol/apis.ts'

interface Guess {
  readonly detail: string
  readonly hint: string
}

const certificate: Guess = {
  detail: "The broker's certificate was not accepted.",
  hint: 'Give the certificate of the authority that signed it, and use the host name that it was made for.',
}

const lostGuess: Guess = {
  detail: 'The broker ended it: it stopped, or it expects TLS or SASL on this port.',
  hint: 'Check that the broker runs, and the security settings of the listener.',
}

/** What an operating system's or TLS's code usually means to somebody who connects to Kafka. */
const guesses: Readonly<Record<string, Guess>> = {
  ECONNREFUSED: {
    detail: 'Nothing listens on that port.',
    hint: 'Start the broker, or correct the address.',
  },
  ENOTFOUND: { detail: 'The host name has no address.', hint: 'Correct the host name.' },
  EAI_AGAIN: {
    detail: 'The name server did not answer.',
    hint: 'Check the network and the name server.',
  },
  ETIMEDOUT: {
    detail: 'The host did not answer; a firewall may drop the packets.',
    hint: 'Check the address, and that the port is open to this machine.',
  },
  EHOSTUNREACH: {
    detail: 'There is no way to the host.',
    hint: 'Check the network, and the host that the broker advertises.',
  },
  ECONNRESET: {
    detail: 'The broker closed the connection at once; often it expects TLS, or SASL, on this port.',
    hint: 'Check the security settings of the listener.',
  },
  EPROTO: {
    detail: 'The TLS handshake failed; often the port speaks no TLS.',
    hint: 'Use the TLS port, or turn TLS off.',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  CERT_HAS_EXPIRED: certificate,
  ERR_TLS_CERT_ALTNAME_INVALID: certificate,
}

/** The error for a connection that could not be made: names the address, and the usual cause of what was seen. */
export function connectFailure(host: string, port: number, cause: unknown): StreamError {
  const guess = guesses[codeOf(cause) ?? '']
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StreamError('BROKER_UNREACHABLE', `could not connect to ${host}:${port}`, {
    detail: guess?.detail ?? `${reason}.`,
    ...(guess === undefined ? {} : { hint: guess.hint }),
    cause,
  })
}

/** The error for a connection that ended while requests were under way. */
export function connectionLost(host: string, port: number, cause?: unknown): StreamError {
  if (cause instanceof StreamError) return cause
  const reset = codeOf(cause) === 'ECONNRESET' || cause === undefined
  return new StreamError('CONNECTION_CLOSED', `the connection to ${host}:${port} was closed`, {
    ...(reset ? lostGuess : {}),
    cause,
  })
}

/** The error for an answer that did not come in time. */
export function requestTimedOut(address: string, apiKey: number, timeoutMs: number): StreamError {
  const apiName = apiByKey(apiKey)?.name ?? `request ${apiKey}`
  return new StreamError('REQUEST_TIMED_OUT', `${address} did not answer ${apiName} within ${timeoutMs} ms`, {
    hint: 'Check the load of the broker and the network; a longer request timeout gives it more time.',
  })
}

function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if ('code' in cause && typeof cause.code === 'string') return cause.code
  return codeOf(cause.cause)
}
