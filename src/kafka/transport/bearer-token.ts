import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { TokenSource } from './sasl-settings.ts'

const endpointTimeoutMs = 10_000
const tokenBytesMax = 65_536
/** Of a token's life; what is older is fetched anew. */
const usablePart = 0.8

type EndpointSource = Extract<TokenSource, { kind: 'endpoint' }>

interface KeptToken {
  readonly token: string
  readonly untilMs: number
}

/**
 * Gives tokens of one source; one from an endpoint is kept for most of its life, so that many connections ask once.
 *
 * @throws StreamError from the call: `AUTHENTICATION_FAILED` where the source refuses, `BROKER_UNREACHABLE` where it does not answer
 */
export function bearerTokens(source: TokenSource, clock: Clock): () => Promise<string> {
  if (source.kind === 'unsecured') return () => Promise.resolve(unsecuredToken(source, clock))
  if (source.kind === 'file') return () => tokenOfFile(source.path)
  let kept: Promise<KeptToken> | undefined
  return async () => {
    const known = await kept?.catch(() => undefined)
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.token
    kept = askEndpoint(source, clock)
    return (await kept).token
  }
}

function unsecuredToken(source: Extract<TokenSource, { kind: 'unsecured' }>, clock: Clock): string {
  const iat = Math.floor(clock.nowMs() / 1000)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ iat, exp: iat + source.lifetimeSeconds, ...source.claims })}.`
}

async function tokenOfFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read the bearer token in "${path}"`, { cause: error })
  }
}

async function askEndpoint(source: EndpointSource, clock: Clock): Promise<KeptToken> {
  const askedMs = clock.monotonicMs()
  const given = new AbortController()
  const timer = clock.setTimer(endpointTimeoutMs, () => given.abort())
  try {
    const answer = await post(source, given.signal)
    const seconds = typeof answer['expires_in'] === 'number' ? answer['expires_in'] : 0
    const token = answer['access_token']
    if (typeof token !== 'string' || token === '') throw refused(source, 'Its answer holds no access_token.')
    return { token, untilMs: askedMs + seconds * 1000 * usablePart }
  } catch (error) {
    if (error instanceof StreamError) throw error
    throw new StreamError('BROKER_UNREACHABLE', `could not get a bearer token from ${source.url}`, {
      detail: `${error instanceof Error ? error.message : 'It did not answer'}.`,
      hint: 'Check `sasl.oauthbearer.token.endpoint.url` and that the address can be reached.',
    })
  } finally {
    timer.cancel()
  }
}

/** The secret goes into the header, where servers do not log it. */
async function post(source: EndpointSource, signal: AbortSignal): Promise<Record<string, unknown>> {
  const credentials = `${encodeURIComponent(source.clientId)}:${encodeURIComponent(source.clientSecret)}`
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (source.scope !== undefined) form.set('scope', source.scope)
  const response = await fetch(source.url, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: form,
    signal,
  })
  const text = await response.text()
  if (!response.ok) throw refused(source, `It answered ${response.status}.`)
  if (text.length > tokenBytesMax) throw refused(source, `Its answer is longer than ${tokenBytesMax} bytes.`)
  try {
    // The fields that are used are checked one by one.
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw refused(source, 'Its answer is no JSON.')
  }
}

function refused({ url, clientId }: EndpointSource, detail: string): StreamError {
  return new StreamError('AUTHENTICATION_FAILED', `${url} gave no bearer token to client "${clientId}"`, {
    detail,
    hint: 'Check client id, client secret and scope.',
  })
}
