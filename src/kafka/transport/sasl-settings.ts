/** How a client proves to a broker who it is. Plain data: it crosses to worker threads. */
import type { ScramMechanism } from '../../protocol/scram.ts'

export type SaslSettings = PasswordSettings | TokenSettings

export interface PasswordSettings {
  readonly mechanism: 'PLAIN' | ScramMechanism
  readonly username: string
  readonly password: string
}

export interface TokenSettings {
  readonly mechanism: 'OAUTHBEARER'
  readonly token: TokenSource
  /** Further facts for the broker, such as `logicalCluster`. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** Where a bearer token comes from. */
export type TokenSource =
  /** Made here and signed by nobody: for development, where the broker takes such tokens. */
  | {
      readonly kind: 'unsecured'
      readonly claims: Readonly<Record<string, string | number | readonly string[]>>
      readonly lifetimeSeconds: number
    }
  /** A file that something else keeps up to date; read for each authentication. */
  | { readonly kind: 'file'; readonly path: string }
  /** OAuth 2 client credentials. */
  | {
      readonly kind: 'endpoint'
      readonly url: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope?: string
    }

/** What the settings call who connects, for messages: never a secret. */
export function saslIdentity(settings: SaslSettings): string {
  if (settings.mechanism !== 'OAUTHBEARER') return `user "${settings.username}"`
  return settings.token.kind === 'endpoint' ? `client "${settings.token.clientId}"` : 'the bearer token'
}
