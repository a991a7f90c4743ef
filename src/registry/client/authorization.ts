/** The `authorization` header of each kind of credentials. Secrets stay here: no message or log holds them. */
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { RegistryAuth } from '../settings.ts'
import { withoutCredentials } from './registry-exchange.ts'
import type { Transport } from './transport.ts'

/** A token is fetched again this long before it ends. */
const tokenMarginMs = 30_000
/** Of tokens that do not say how long they last. */
const tokenAgeMs = 60_000
const tokenTimeoutMs = 10_000

export function authorizationOf(
  auth: RegistryAuth,
  urls: readonly string[],
  { clock, transport }: { readonly clock: Clock; readonly transport: Transport },
): () => Promise<string | undefined> {
  if (auth.kind === 'none') return constant(credentialsOf(urls))
  if (auth.kind === 'basic') return constant(basic(auth.username, auth.password))
  if (auth.kind === 'bearer') return constant(`Bearer ${auth.token}`)
  let held: { readonly header: string; readonly untilMs: number } | undefined
  return async () => {
    if (held !== undefined && clock.nowMs() < held.untilMs) return held.header
    const { token, lifeMs } = await fetchToken(auth, clock, transport)
    held = {
      header: `Bearer ${token}`,
      untilMs: clock.nowMs() + lifeMs - Math.min(tokenMarginMs, lifeMs / 2),
    }
    return held.header
  }
}

function constant(header: string | undefined): () => Promise<string | undefined> {
  return () => Promise.resolve(header)
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Credentials may stand in the address, as in `https://user:password@host`. */
function credentialsOf(urls: readonly string[]): string | undefined {
  for (const url of urls) {
    const { username, password } = new URL(url)
    if (username !== '') return basic(decodeURIComponent(username), decodeURIComponent(password))
  }
  return undefined
}

async function fetchToken(
  auth: Extract<RegistryAuth, { kind: 'oauth' }>,
  clock: Clock,
  transport: Transport,
): Promise<{ readonly token: string; readonly lifeMs: number }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (auth.scope !== undefined) form.set('scope', auth.scope)
  const { origin, pathname, search } = new URL(auth.endpoint)
  const headers = {
    authorization: basic(auth.clientId, auth.clientSecret),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  const abort = new AbortController()
  const timer = clock.setTimer(tokenTimeoutMs, () => abort.abort())
  const request = { method: 'POST', target: pathname + search, headers, body: Buffer.from(form.toString()) }
  const answer = await transport
    .send(origin, request, abort.signal)
    .catch(() => undefined)
    .finally(() => timer.cancel())
  if (answer === undefined || answer.status >= 500) throw endpointSilent(auth.endpoint)
  return readToken(auth.endpoint, answer.status, answer.body)
}

function readToken(endpoint: string, status: number, body: Buffer): { token: string; lifeMs: number } {
  let parsed: { access_token?: unknown; expires_in?: unknown } = {}
  try {
    parsed = JSON.parse(body.toString('utf8')) as typeof parsed
  } catch {
    // What is no JSON holds no token, and that is said below.
  }
  if (typeof parsed.access_token !== 'string') {
    throw new StreamError('AUTHENTICATION_FAILED', 'could not get a token for the schema registry', {
      detail: `The token endpoint ${withoutCredentials(endpoint)} answered ${status} without a token.`,
      hint: 'Check the client id, its secret and the scope.',
    })
  }
  const lifeMs = typeof parsed.expires_in === 'number' ? parsed.expires_in * 1000 : tokenAgeMs
  return { token: parsed.access_token, lifeMs }
}

function endpointSilent(endpoint: string): StreamError {
  return new StreamError(
    'REGISTRY_UNREACHABLE',
    `the token endpoint ${withoutCredentials(endpoint)} does not answer`,
    { hint: 'Check that it runs and that its address is right.' },
  )
}
