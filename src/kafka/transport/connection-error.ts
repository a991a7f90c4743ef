import { StreamError } from '../../base/errors.ts'
import { apiByKey } from '../../protocol/apis.ts'

interface Guess {
  readonly detail: string
  readonly hint: string
  /** One side does not accept the other: it does not pass by itself. */
  readonly refusal?: true
}

const certificate: Guess = {
  refusal: true,
  detail: "The broker's certificate was not accepted.",
  hint: 'Give the certificate of the authority that signed it in `ssl.truststore.certificates`.',
}

const otherName: Guess = {
  refusal: true,
  detail: "The broker's certificate was not accepted. It was made for another name.",
  hint: 'Use the host name that it was made for, or give that in `ssl.server.name`.',
}

/** The broker says so in an alert, after the handshake was done for us. */
const ownCertificate: Guess = {
  refusal: true,
  detail: 'The broker wants a certificate of our own, signed by an authority that it trusts.',
  hint: 'Give certificate and key in `ssl.keystore.certificate.chain` and `ssl.keystore.key`, or `ssl.keystore.location`.',
}

const lostGuess: Guess = {
  detail: 'The broker ended it: it stopped, or it expects TLS or SASL on this port.',
  hint: 'Check that the broker runs, and the security settings of the listener.',
}

const resetUnderTls: Guess = {
  detail: 'The broker closed the connection during the TLS handshake; often the port speaks no TLS.',
  hint: 'Use the TLS port, or turn TLS off.',
}

const noTls: Guess = {
  refusal: true,
  detail: 'The TLS handshake failed; often the port speaks no TLS.',
  hint: 'Use the TLS port, or turn TLS off.',
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
  EPROTO: noTls,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  CERT_HAS_EXPIRED: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  ERR_TLS_CERT_ALTNAME_INVALID: otherName,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ownCertificate,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ownCertificate,
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': ownCertificate,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': ownCertificate,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ownCertificate,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: ownCertificate,
}

/**
 * The error for a connection that could not be made: names the address, and the usual cause of what was seen.
 *
 * @param tls - whether TLS was tried
 */
export function connectFailure(host: string, port: number, cause: unknown, tls: boolean): StreamError {
  const code = codeOf(cause) ?? ''
  const guess = tls && code === 'ECONNRESET' ? resetUnderTls : guesses[code]
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StreamError(
    guess?.refusal === true ? 'AUTHENTICATION_FAILED' : 'BROKER_UNREACHABLE',
    `could not connect to ${host}:${port}`,
    { detail: guess?.detail ?? `${reason}.`, ...(guess && { hint: guess.hint }), cause },
  )
}

/** The error for a connection that ended while requests were under way. */
export function connectionLost(host: string, port: number, cause?: unknown): StreamError {
  if (cause instanceof StreamError) return cause
  const code = codeOf(cause) ?? ''
  const guess = cause === undefined || code === 'ECONNRESET' ? lostGuess : guesses[code]
  return new StreamError(
    guess?.refusal === true ? 'AUTHENTICATION_FAILED' : 'CONNECTION_CLOSED',
    `the connection to ${host}:${port} was closed`,
    { ...(guess && { detail: guess.detail, hint: guess.hint }), cause },
  )
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
