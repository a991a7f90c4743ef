/** SASL by Kafka's own properties: `sasl.mechanism`, `sasl.jaas.config`, `sasl.oauthbearer.…`. */
import { fileURLToPath } from 'node:url'
import type { KafkaTarget } from '../../runtime/options.ts'
import { jaasOptions } from './jaas.ts'
import { wrongProperty as wrong, type Properties } from './wrong-property.ts'

type Sasl = NonNullable<KafkaTarget['sasl']>
type Token = Extract<Sasl, { mechanism: 'OAUTHBEARER' }>['token']
type Claims = Extract<Token, { kind: 'unsecured' }>['claims']

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
const endpointProperty = 'sasl.oauthbearer.token.endpoint.url'
const lifetimeSecondsDefault = 3600

/** @throws StreamError `CONFIG_INVALID` without any value, as those are secrets */
export function saslOf(properties: Properties): Sasl {
  const given = properties['sasl.mechanism'] ?? 'GSSAPI'
  const mechanism = mechanisms.find((known) => known === given)
  if (mechanism === undefined) throw wrong('sasl.mechanism', `one of ${mechanisms.join(', ')}`)
  const login = jaasOptions(properties['sasl.jaas.config'] ?? '')
  if (mechanism === 'OAUTHBEARER')
    return { mechanism, token: tokenOf(properties, login), ...extensionsOf(login) }
  const username = login.get('username')
  const password = login.get('password')
  if (username === undefined || password === undefined)
    throw wrong('sasl.jaas.config', 'a login module with username="…" and password="…"')
  return { mechanism, username, password }
}

function tokenOf(properties: Properties, login: ReadonlyMap<string, string>): Token {
  const endpoint = properties[endpointProperty]
  if (endpoint !== undefined) return tokenAt(endpoint, properties, login)
  const claims = claimsOf(login)
  if (claims['sub'] === undefined)
    throw wrong(
      'sasl.jaas.config',
      `a login module with unsecuredLoginStringClaim_sub="…", and no "${endpointProperty}" is given`,
    )
  const lifetime = Number(login.get('unsecuredLoginLifetimeSeconds') ?? lifetimeSecondsDefault)
  if (!(lifetime > 0)) throw wrong('sasl.jaas.config', 'one with unsecuredLoginLifetimeSeconds above 0')
  return { kind: 'unsecured', claims, lifetimeSeconds: lifetime }
}

function tokenAt(endpoint: string, properties: Properties, login: ReadonlyMap<string, string>): Token {
  if (!URL.canParse(endpoint) || !/^(https?|file):/.test(endpoint))
    throw wrong(endpointProperty, 'an address that begins with https:, http: or file:')
  if (endpoint.startsWith('file:')) return { kind: 'file', path: fileURLToPath(endpoint) }
  const clientId = login.get('clientId') ?? properties['sasl.oauthbearer.client.credentials.client.id']
  const clientSecret =
    login.get('clientSecret') ?? properties['sasl.oauthbearer.client.credentials.client.secret']
  if (clientId === undefined || clientSecret === undefined)
    throw wrong('sasl.jaas.config', 'a login module with clientId="…" and clientSecret="…"')
  const scope = login.get('scope') ?? properties['sasl.oauthbearer.scope']
  return {
    kind: 'endpoint',
    url: endpoint,
    clientId,
    clientSecret,
    ...(scope === undefined ? {} : { scope }),
  }
}

/** `unsecuredLoginStringClaim_sub`, `…NumberClaim_…`, `…ListClaim_…` with a separator as first character. */
function claimsOf(login: ReadonlyMap<string, string>): Claims {
  const claims: Record<string, string | number | string[]> = {}
  for (const [option, value] of login) {
    const [, kind, name] = /^unsecuredLogin(String|Number|List)Claim_(.+)$/.exec(option) ?? []
    if (name === undefined) continue
    if (kind === 'String') claims[name] = value
    else if (kind === 'Number') claims[name] = Number(value)
    else claims[name] = value.slice(1).split(value.charAt(0))
  }
  return claims
}

function extensionsOf(login: ReadonlyMap<string, string>): { extensions?: Record<string, string> } {
  const named = [...login].flatMap(([option, value]) => {
    const name = /^(?:unsecuredLoginExtension_|extension_)(.+)$/.exec(option)?.[1]
    return name === undefined ? [] : [[name, value] as const]
  })
  return named.length === 0 ? {} : { extensions: Object.fromEntries(named) }
}
