/** Credentials and certificates, by the names that both registries' clients have for them. */
import { readKeyStore, readTrustStore, type ReadProperty } from '../../base/key-store.ts'
import type { Identity } from '../../base/secure-context.ts'
import type { RegistryAuth, RegistryTls } from '../settings.ts'
import { wrong, type PropertyReader } from './values.ts'

/** Confluent's names stand with this in front as well as without. */
const longPrefix = 'schema.registry.'

export function confluentAuth(reader: PropertyReader): RegistryAuth {
  const own = (name: string): string | undefined => reader.text(name, longPrefix + name)
  const userInfo = own('basic.auth.user.info')
  const basicSource = own('basic.auth.credentials.source') ?? 'URL'
  const bearerSource = own('bearer.auth.credentials.source')
  const bearer = confluentBearer(bearerSource, own)
  if (bearer !== undefined) return bearer
  if (basicSource === 'URL') return { kind: 'none' }
  if (basicSource !== 'USER_INFO') throw wrong('basic.auth.credentials.source', 'URL or USER_INFO')
  const colon = userInfo?.indexOf(':') ?? -1
  if (userInfo === undefined || colon < 0)
    throw wrong('basic.auth.user.info', 'a user, a colon and a password')
  return { kind: 'basic', username: userInfo.slice(0, colon), password: userInfo.slice(colon + 1) }
}

/** What Confluent's cloud is told beside a token: whose cluster it is for, and which pool of identities stands behind it. */
export function confluentHeaders(reader: PropertyReader): Readonly<Record<string, string>> {
  const own = (name: string): string | undefined => reader.text(name, longPrefix + name)
  const cluster = own('bearer.auth.logical.cluster')
  const pool = own('bearer.auth.identity.pool.id')
  return {
    ...(cluster === undefined ? {} : { 'target-sr-cluster': cluster }),
    ...(pool === undefined ? {} : { 'confluent-identity-pool-id': pool }),
  }
}

function confluentBearer(
  source: string | undefined,
  own: (name: string) => string | undefined,
): RegistryAuth | undefined {
  const token = own('bearer.auth.token')
  const endpoint = own('bearer.auth.issuer.endpoint.url')
  const clientId = own('bearer.auth.client.id')
  const clientSecret = own('bearer.auth.client.secret')
  const scope = own('bearer.auth.scope')
  if (source === undefined) return undefined
  if (source === 'STATIC_TOKEN') {
    if (token === undefined) throw wrong('bearer.auth.token', 'a token')
    return { kind: 'bearer', token }
  }
  if (source !== 'OAUTHBEARER') throw wrong('bearer.auth.credentials.source', 'STATIC_TOKEN or OAUTHBEARER')
  return oauth({ endpoint, clientId, clientSecret, scope }, 'bearer.auth.issuer.endpoint.url')
}

export function apicurioAuth(reader: PropertyReader): RegistryAuth {
  const own = (name: string): string | undefined => reader.text(`apicurio.registry.auth.${name}`)
  const username = own('username')
  const password = own('password')
  const endpoint = own('service.token.endpoint')
  const clientId = own('client.id')
  const clientSecret = own('client.secret')
  const scope = own('client.scope')
  if (endpoint !== undefined)
    return oauth({ endpoint, clientId, clientSecret, scope }, 'apicurio.registry.auth.service.token.endpoint')
  if (username === undefined) return { kind: 'none' }
  if (password === undefined) throw wrong('apicurio.registry.auth.password', 'a password')
  return { kind: 'basic', username, password }
}

function oauth(
  given: Readonly<Record<'endpoint' | 'clientId' | 'clientSecret' | 'scope', string | undefined>>,
  endpointName: string,
): RegistryAuth {
  const { endpoint, clientId, clientSecret, scope } = given
  if (endpoint === undefined || !/^https?:\/\//.test(endpoint))
    throw wrong(endpointName, 'an address of a token endpoint')
  if (clientId === undefined || clientSecret === undefined)
    throw wrong(endpointName, 'complete without a client id and a client secret')
  return { kind: 'oauth', endpoint, clientId, clientSecret, scope }
}

export function confluentTls(reader: PropertyReader): RegistryTls | undefined {
  const name = (short: string): string => `${longPrefix}ssl.${short}`
  const property: ReadProperty = (name) => reader.text(name)
  const [cert, key] = [property(name('keystore.certificate.chain')), property(name('keystore.key'))]
  const passphrase = property(name('key.password'))
  return tlsOf({
    ca: readTrustStore(name('truststore'), property) ?? property(name('truststore.certificates')),
    identity: identityOf({ cert, key, passphrase }, name('keystore'), property),
    // The certificate is checked in any case: who asks for less is not answered with less.
    verify: checkName(reader, name('endpoint.identification.algorithm')),
  })
}

function checkName(reader: PropertyReader, name: string): boolean {
  if ((reader.text(name) ?? 'https').toLowerCase() !== 'https') throw wrong(name, '"https"')
  return true
}

export function apicurioTls(reader: PropertyReader): RegistryTls | undefined {
  const name = (short: string): string => `apicurio.registry.tls.${short}`
  const property: ReadProperty = (name) => reader.text(name)
  const [cert, key] = [reader.file(name('client-certificate')), reader.file(name('client-key'))]
  const passphrase = property(name('keystore.password'))
  return tlsOf({
    ca: readTrustStore(name('truststore'), property) ?? reader.file(name('certificates')),
    identity: identityOf({ cert, key, passphrase }, name('keystore'), property),
    verify: reader.flag(name('trust-all')) !== true,
  })
}

interface IdentityTexts {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly passphrase: string | undefined
}

function identityOf(
  { cert, key, passphrase }: IdentityTexts,
  store: string,
  property: ReadProperty,
): Identity | undefined {
  // Read in any case: properties that nobody reads are named to the user.
  const stored = readKeyStore(store, property, passphrase)
  if (cert === undefined && key === undefined) return stored
  if (cert === undefined || key === undefined) throw wrong(store, 'complete: a certificate goes with its key')
  return { cert, key, ...(passphrase === undefined ? {} : { passphrase }) }
}

interface TlsParts {
  readonly ca: string | undefined
  readonly identity: Identity | undefined
  readonly verify: boolean
}

/** Undefined where nothing is said. */
function tlsOf({ ca, identity, verify }: TlsParts): RegistryTls | undefined {
  if (ca === undefined && identity === undefined && verify) return undefined
  return { ...(ca === undefined ? {} : { ca }), ...identity, verify }
}
