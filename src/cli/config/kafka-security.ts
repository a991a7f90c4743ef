/** How a cluster is reached, by Kafka's own properties: TLS with PEM text or files, SASL with passwords or tokens. */
import { readFileSync } from 'node:fs'
import { StreamError } from '../../base/errors.ts'
import type { KafkaTarget } from '../../runtime/options.ts'
import { saslOf } from './kafka-sasl.ts'
import { wrongProperty as wrong, type Properties } from './wrong-property.ts'

export type KafkaSecurity = Pick<KafkaTarget, 'tls' | 'sasl'>
type Tls = NonNullable<KafkaTarget['tls']>
type StoreName = 'truststore' | 'keystore'

/** All that count; the pages list the same. */
export const securityProperties: readonly string[] = [
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
  'sasl.oauthbearer.token.endpoint.url',
  'sasl.oauthbearer.client.credentials.client.id',
  'sasl.oauthbearer.client.credentials.client.secret',
  'sasl.oauthbearer.scope',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.type',
  'ssl.truststore.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.type',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
  'ssl.server.name',
]

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** @throws StreamError `CONFIG_INVALID` for what cannot be done; a cluster is never reached less safely than was asked for */
export function securityOf(properties: Properties): KafkaSecurity {
  const protocol = (properties['security.protocol'] ?? 'PLAINTEXT').toUpperCase()
  if (!protocols.includes(protocol)) throw wrong('security.protocol', `one of ${protocols.join(', ')}`)
  return {
    tls: protocol.endsWith('SSL') ? tlsOf(properties) : undefined,
    sasl: protocol.startsWith('SASL') ? saslOf(properties) : undefined,
  }
}

function tlsOf(properties: Properties): Tls {
  const ca = properties['ssl.truststore.certificates'] ?? trustedOf(properties)
  const serverName = properties['ssl.server.name']
  return {
    ...(ca === undefined ? {} : { ca }),
    ...ownOf(properties),
    ...(serverName === undefined ? {} : { serverName }),
    ...(verifiesHostname(properties) ? {} : { verifyHostname: false }),
  }
}

/** An empty text is Kafka's way to ask for no check of the broker's name. */
function verifiesHostname(properties: Properties): boolean {
  const algorithm = (properties['ssl.endpoint.identification.algorithm'] ?? 'https').trim().toLowerCase()
  if (algorithm !== 'https' && algorithm !== '')
    throw wrong('ssl.endpoint.identification.algorithm', '"https", or empty for no check of the name')
  return algorithm === 'https'
}

/** Certificate and key of our own. */
function ownOf(properties: Properties): Tls {
  const cert = properties['ssl.keystore.certificate.chain']
  const key = properties['ssl.keystore.key']
  const keyPassword = properties['ssl.key.password']
  const withPassword = keyPassword === undefined ? {} : { passphrase: keyPassword }
  if (cert !== undefined || key !== undefined) {
    if (cert === undefined) throw wrong('ssl.keystore.certificate.chain', 'there beside "ssl.keystore.key"')
    if (key === undefined) throw wrong('ssl.keystore.key', 'there beside "ssl.keystore.certificate.chain"')
    return { cert, key, ...withPassword }
  }
  const store = storeOf(properties, 'keystore')
  if (store === undefined) return {}
  if (store.type === 'PEM') {
    const text = store.bytes.toString('utf8')
    return { cert: text, key: text, ...withPassword }
  }
  const passphrase = properties['ssl.keystore.password']
  if (passphrase === undefined) throw wrong('ssl.keystore.password', 'there, which opens the key store')
  return { pfx: store.bytes, passphrase }
}

/** Authorities. A PKCS #12 file that holds nothing else is none that Node reads. */
function trustedOf(properties: Properties): string | undefined {
  const store = storeOf(properties, 'truststore')
  if (store === undefined) return undefined
  if (store.type === 'PEM') return store.bytes.toString('utf8')
  throw wrong(
    'ssl.truststore.type',
    'PEM, the one kind of trust store that can be read here',
    toPem('truststore'),
  )
}

/** @throws StreamError `CONFIG_INVALID` for Java's own format, with how to convert it */
function storeOf(
  properties: Properties,
  store: StoreName,
): { readonly type: 'PEM' | 'PKCS12'; readonly bytes: Buffer } | undefined {
  const name = `ssl.${store}.location`
  const path = properties[name]
  if (path === undefined) return undefined
  const type = (properties[`ssl.${store}.type`] ?? 'JKS').toUpperCase()
  if (type !== 'PEM' && type !== 'PKCS12' && type !== 'JKS')
    throw wrong(`ssl.${store}.type`, 'one of PEM, PKCS12, JKS')
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}" of "${name}"`, { cause: error })
  }
  if (type === 'PEM') return { type, bytes }
  // Java reads PKCS #12 where JKS is said, and the reverse: the file tells what it is.
  if (isJks(bytes))
    throw wrong(name, 'a file in a format other than JKS, which only Java reads', toPem(store))
  return { type: 'PKCS12', bytes }
}

function isJks(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfe_ed_fe_ed
}

function toPem(store: StoreName): string {
  return store === 'keystore'
    ? 'Convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12; then set `ssl.keystore.type` to PKCS12.'
    : 'Write its certificates out as PEM: keytool -list -rfc -keystore FILE > FILE.pem; then set `ssl.truststore.type` to PEM.'
}
