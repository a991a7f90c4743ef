/**
 * Apache Kafka with every kind of listener that our client can use, and rights that it checks.
 *
 * Listeners: PLAINTEXT (whoever comes there may do everything), SASL, SASL_TLS, MUTUAL (a client certificate is asked for), TLS, and
 * STRANGE, whose certificate is made for another name, and MECHANISM, with SASL PLAIN only. Users by password: "ann", who may do nothing unless a test gives her rights, and
 * "boss", who may do everything. Sessions of SASL end after two seconds unless told, so that clients authenticate again.
 */
import { createPrivateKey } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApacheKafka, type KafkaRelease } from './apache-kafka.ts'
import { runJava } from './java-tools.ts'

export interface SecuredKafka extends AsyncDisposable {
  /** Where everything may be done. */
  readonly bootstrap: string
  /** `127.0.0.1:port` of a listener. */
  at(listener: Listener): string
  /** A file that `TlsKeys.java` made, and its text. */
  file(name: string): string
  text(name: string): string
}

export type Listener = 'PLAINTEXT' | 'SASL' | 'SASL_TLS' | 'TLS' | 'MUTUAL' | 'STRANGE' | 'MECHANISM'

export const passwords = { ann: 'ann-secret, with "marks" = \\', boss: 'boss-secret' } as const
export const storePassword = 'secret-of-stores'
export const sessionMs = 2_000

const listeners = {
  SASL: 'SASL_PLAINTEXT',
  SASL_TLS: 'SASL_SSL',
  TLS: 'SSL',
  MUTUAL: 'SSL',
  STRANGE: 'SSL',
  MECHANISM: 'SASL_PLAINTEXT',
} as const
const security = 'org.apache.kafka.common.security'

/** @param lifetimeMs - of a session of SASL; 0: for as long as the connection lasts */
export async function startSecuredKafka(
  release: KafkaRelease,
  lifetimeMs: number = sessionMs,
): Promise<SecuredKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-secured-'))
  const keys = join(folder, 'keys')
  mkdirSync(keys)
  const file = (name: string): string => join(keys, name)
  const exports = ['--add-exports', 'java.base/sun.security.tools.keytool=ALL-UNNAMED']
  await runJava('weft.TlsKeys', [keys], undefined, exports)
  writeFileSync(file('ann.locked.key'), locked(readFileSync(file('ann.key'), 'utf8')))
  const kafka = await startApacheKafka({
    release,
    folder,
    listeners,
    settings: { ...saslSettings(lifetimeMs), ...tlsSettings(file), ...rights },
    formatArguments: scramUsers(),
  })
  return {
    bootstrap: kafka.bootstrap,
    at: (listener) => `127.0.0.1:${listener === 'PLAINTEXT' ? kafka.port : kafka.ports[listener]}`,
    file,
    text: (name) => readFileSync(file(name), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await kafka.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The same key, to be opened with the password of stores. */
function locked(key: string): string {
  const form = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: storePassword } as const
  return createPrivateKey(key).export(form)
}

const rights = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS;User:boss',
}

function scramUsers(): string[] {
  const { boss } = passwords
  // The tool's own syntax has no way to write a password with commas: "ann" is for PLAIN.
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=boss,password=${boss}]`,
    '--add-scram',
    `${mechanism}=[name=ann,password=ann-scram]`,
  ])
}

function saslSettings(lifetimeMs: number): Record<string, string> {
  const plainUsers = Object.entries(passwords).map(([name, password]) => `user_${name}=${quoted(password)}`)
  const modules = {
    plain: `${security}.plain.PlainLoginModule required ${plainUsers.join(' ')};`,
    'scram-sha-256': `${security}.scram.ScramLoginModule required;`,
    'scram-sha-512': `${security}.scram.ScramLoginModule required;`,
    oauthbearer: `${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  }
  const settings: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
  }
  settings['listener.name.mechanism.sasl.enabled.mechanisms'] = 'PLAIN'
  settings['listener.name.mechanism.plain.sasl.jaas.config'] = modules.plain.replaceAll('\\', '\\\\')
  for (const listener of ['sasl', 'sasl_tls']) {
    for (const [mechanism, module] of Object.entries(modules)) {
      settings[`listener.name.${listener}.${mechanism}.sasl.jaas.config`] = module.replaceAll('\\', '\\\\')
      settings[`listener.name.${listener}.${mechanism}.connections.max.reauth.ms`] = String(lifetimeMs)
    }
  }
  return settings
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function tlsSettings(file: (name: string) => string): Record<string, string> {
  const settings: Record<string, string> = {
    'ssl.keystore.location': file('broker.p12'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': storePassword,
    'ssl.truststore.location': file('trust.p12'),
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.password': storePassword,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.strange.ssl.keystore.location': file('elsewhere.p12'),
  }
  return settings
}
