/** How a cluster is reached, by Kafka's own properties: TLS with PEM or PKCS #12, SASL with passwords or tokens. */
import { readKeyStore, readTrustStore } from '../../base/key-store.ts'
import type { KafkaTarget } from '../../runtime/options.ts'
import { saslOf } from './kafka-sasl.ts'
import { wrongProperty as wrong, type Properties } from './wrong-property.ts'

export type KafkaSecurity = Pick<KafkaTarget, 'tls' | 'sasl'>
type Tls = NonNullable<KafkaTarget['tls']>

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
  const ca =
    properties['ssl.truststore.certificates'] ?? readTrustStore('ssl.truststore', (name) => properties[name])
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
  return readKeyStore('ssl.keystore', (name) => properties[name], keyPassword) ?? {}
}
