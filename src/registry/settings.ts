/** Everything that a client of a registry can be told, as plain data: it travels to worker threads. */
import type { Credentials } from '../base/secure-context.ts'
import type { Side } from './contracts.ts'

/** What the subject of a schema is called after; Apicurio's `topic` strategy is the same as Confluent's. */
export type SubjectStrategy = 'topic' | 'record' | 'topic-record' | 'plain-topic'

export type RegistryAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Tokens from an OAuth endpoint by client credentials, fetched again before they end. */
  | {
      readonly kind: 'oauth'
      readonly endpoint: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string | undefined
    }

export interface RegistryTls extends Credentials {
  /** Whether the certificate has to be of the registry's name and signed by somebody trusted. */
  readonly verify: boolean
}

/** Which schema values are written with. */
export type WritingPolicy =
  /** The serialiser's own, registered where it is not yet. */
  | { readonly kind: 'register' }
  /** The serialiser's own, which has to be registered already. */
  | { readonly kind: 'look-up' }
  /** The newest version of the subject. */
  | { readonly kind: 'latest' }
  /** A certain version of the subject. */
  | { readonly kind: 'version'; readonly version: number | string }
  /** The schema with an id. */
  | { readonly kind: 'id'; readonly id: number }

interface CommonSettings {
  /** In the order of trying. */
  readonly urls: readonly string[]
  readonly auth: RegistryAuth
  readonly tls: RegistryTls | undefined
  /** Sent to the registry with each request, beside those of the interface. */
  readonly headers: Readonly<Record<string, string>>
  readonly writing: WritingPolicy
  /** Whether schemas are brought into a normal form before they are compared and registered. */
  readonly normalize: boolean
  readonly subjects: Readonly<Record<Side, SubjectStrategy>>
  readonly limits: RegistryLimits
}

export interface RegistryLimits {
  /** Of one try. */
  readonly requestTimeoutMs: number
  /** Tries of one request, the first included. */
  readonly triesMax: number
  /** Between the first tries; it doubles, with jitter. */
  readonly backoffMs: number
  readonly backoffMaxMs: number
  readonly requestsPerSecondMax: number
  /** Schemas that are kept; the ones not used longest go first. */
  readonly schemasMax: number
  /** How old the answer to "which is the latest version" may be. */
  readonly latestAgeMaxMs: number
  /** How long it is remembered that there is no such id. */
  readonly absentAgeMaxMs: number
}

export interface ConfluentSettings extends CommonSettings {
  readonly kind: 'confluent'
  readonly writeIdTo: Readonly<Record<Side, 'payload' | 'header'>>
}

export interface ApicurioSettings extends CommonSettings {
  readonly kind: 'apicurio'
  /** Of artifacts whose strategy gives them no group of their own. */
  readonly group: string
  readonly artifact: string | undefined
  readonly idKind: 'globalId' | 'contentId'
  readonly idBytes: 4 | 8 | 'either'
  readonly writeIdTo: 'payload' | 'header'
  readonly message: 'name' | 'path' | 'none'
}

export type RegistrySettings = ConfluentSettings | ApicurioSettings

export const defaultLimits: RegistryLimits = {
  requestTimeoutMs: 10_000,
  triesMax: 4,
  backoffMs: 200,
  backoffMaxMs: 10_000,
  requestsPerSecondMax: 100,
  schemasMax: 1000,
  latestAgeMaxMs: 60_000,
  absentAgeMaxMs: 10_000,
}

const commonDefaults = {
  auth: { kind: 'none' },
  tls: undefined,
  headers: {},
  normalize: false,
  subjects: { key: 'topic', value: 'topic' },
  limits: defaultLimits,
} as const

/** As Confluent's serialisers without any setting but the address. */
export function confluentSettings(urls: readonly string[]): ConfluentSettings {
  return {
    ...commonDefaults,
    kind: 'confluent',
    urls,
    writing: { kind: 'register' },
    writeIdTo: { key: 'payload', value: 'payload' },
  }
}

/** As Apicurio's serialisers, version 3, without any setting but the address. */
export function apicurioSettings(urls: readonly string[]): ApicurioSettings {
  return {
    ...commonDefaults,
    kind: 'apicurio',
    urls,
    writing: { kind: 'look-up' },
    group: 'default',
    artifact: undefined,
    idKind: 'contentId',
    idBytes: 4,
    writeIdTo: 'payload',
    message: 'name',
  }
}
