/** How a cluster is reached, by Kafka's own properties: TLS with PEM text or files, SASL with user and password. */
import { readFileSync } from 'node:fs'
import { StreamError } from '../../base/errors.ts'
import type { KafkaTarget } from '../../runtime/options.ts'

type Properties = Readonly<Record<string, string>>
export type KafkaSecurity = Pick<KafkaTarget, 'tls' | 'sasl'>

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** @throws StreamError `CONFIG_INVALID` for what cannot be done; a cluster is never reached less safely than was asked for */
export function securityOf(properties: Properties): KafkaSecurity {
  const protocol = (properties['security.protocol'] ?? 'PLAINTEXT').toUpperCase()
  if (!protocols.includes(protocol)) throw wrong('security.protocol', `one of ${protocols.join(', ')}`)
  return {
    tls: protocol.endsWith('SSL') ? tlsOf(properties) : undefined,
    sasl: protocol.startsWith('SASL') ? saslOf(properties) : undefined,
  }
}

function tlsOf(properties: Properties): KafkaTarget['tls'] {
  // An empty text is Kafka's way to ask for no check of the broker's name.
  if ((properties['ssl.endpoint.identification.algorithm'] ?? 'https').toLowerCase() !== 'https')
    throw wrong('ssl.endpoint.identification.algorithm', '"https"')
  const keystore = pemOf(properties, 'keystore')
  return defined({
    ca: properties['ssl.truststore.certificates'] ?? pemOf(properties, 'truststore'),
    cert: properties['ssl.keystore.certificate.chain'] ?? keystore,
    key: properties['ssl.keystore.key'] ?? keystore,
    passphrase: properties['ssl.key.password'],
  })
}

/** Without the fields that are undefined: Node's TLS would take them as said. */
function defined(options: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function pemOf(properties: Properties, store: 'truststore' | 'keystore'): string | undefined {
  const name = `ssl.${store}.location`
  const path = properties[name]
  if (path === undefined) return undefined
  if (properties[`ssl.${store}.type`]?.toUpperCase() !== 'PEM') throw wrong(`ssl.${store}.type`, 'PEM')
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}" of "${name}"`, { cause: error })
  }
}

function saslOf(properties: Properties): KafkaTarget['sasl'] {
  const given = properties['sasl.mechanism'] ?? 'GSSAPI'
  const mechanism = mechanisms.find((known) => known === given)
  if (mechanism === undefined) throw wrong('sasl.mechanism', `one of ${mechanisms.join(', ')}`)
  const login = properties['sasl.jaas.config'] ?? ''
  const username = jaasOption(login, 'username')
  const password = jaasOption(login, 'password')
  if (username === undefined || password === undefined)
    throw wrong('sasl.jaas.config', 'a login module with username="…" and password="…"')
  return { mechanism, username, password }
}

function jaasOption(login: string, name: string): string | undefined {
  const [, quoted, bare] =
    new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`).exec(login) ?? []
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? bare
}

/** Secrets stand in these properties: their values are not shown. */
function wrong(name: string, wanted: string): StreamError {
  return new StreamError('CONFIG_INVALID', `"${name}" is not ${wanted}`, {
    hint: 'Correct it in the "kafka" section of the configuration file.',
  })
}
