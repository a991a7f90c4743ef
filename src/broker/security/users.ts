/**
 * Users and what they prove themselves by: passwords from the configuration, good for PLAIN and SCRAM alike, and SCRAM credentials that
 * administrators have set, which hold no password. Where both are there, SCRAM goes by the latter.
 */
import { randomBytes } from 'node:crypto'
import type { ScramMechanism } from '../../protocol/scram.ts'
import type { StateKeeper } from '../log/state-log.ts'
import {
  credentialOfPassword,
  scramIterations,
  scramNames,
  type ScramCredential,
} from './scram-credentials.ts'

const saltBytes = 16
const kind = 'scram'

/** As JSON holds it: bytes as base64. */
type WrittenCredential = { readonly [K in keyof ScramCredential]: K extends 'iterations' ? number : string }

export interface UsersOptions {
  readonly passwords: Readonly<Record<string, string>>
  /** Users with credentials beyond it are refused. */
  readonly usersMax: number
  /** Where credentials are written down. */
  readonly state: StateKeeper
}

export class Users {
  readonly #passwords: ReadonlyMap<string, string>
  readonly #usersMax: number
  readonly #state: StateKeeper
  readonly #set = new Map<string, Map<ScramMechanism, ScramCredential>>()
  /** Made of passwords when first needed: it takes milliseconds. */
  readonly #derived = new Map<string, ScramCredential>()

  constructor({ passwords, usersMax, state }: UsersOptions) {
    this.#passwords = new Map(Object.entries(passwords))
    this.#usersMax = usersMax
    this.#state = state
    for (const { key, value } of state.recovered(kind))
      this.#keep(String(key[1]), key[2] as ScramMechanism, fromState(value as WrittenCredential))
  }

  passwordOf(user: string): string | undefined {
    return this.#passwords.get(user)
  }

  credentialOf(user: string, mechanism: ScramMechanism): ScramCredential | undefined {
    return this.#set.get(user)?.get(mechanism) ?? this.#deriveCredential(user, mechanism)
  }

  /** Users with SCRAM credentials, by name. */
  withCredentials(): string[] {
    return [...new Set([...this.#set.keys(), ...this.#passwords.keys()])].toSorted()
  }

  mechanismsOf(user: string): { mechanism: ScramMechanism; iterations: number }[] {
    if (this.#passwords.has(user))
      return scramNames.map((mechanism) => ({
        mechanism,
        iterations: this.#set.get(user)?.get(mechanism)?.iterations ?? scramIterations.min,
      }))
    const own = this.#set.get(user)
    return scramNames.flatMap((mechanism) => {
      const credential = own?.get(mechanism)
      return credential === undefined ? [] : [{ mechanism, iterations: credential.iterations }]
    })
  }

  /** @returns false where there are too many users */
  setCredential(user: string, mechanism: ScramMechanism, credential: ScramCredential): boolean {
    if (!this.#set.has(user) && this.#set.size >= this.#usersMax) return false
    this.#state.put([{ key: [kind, user, mechanism], value: toState(credential) }])
    this.#keep(user, mechanism, credential)
    return true
  }

  /** @returns false where none had been set */
  deleteCredential(user: string, mechanism: ScramMechanism): boolean {
    const own = this.#set.get(user)
    if (own?.has(mechanism) !== true) return false
    this.#state.put([{ key: [kind, user, mechanism], value: undefined }])
    own.delete(mechanism)
    if (own.size === 0) this.#set.delete(user)
    return true
  }

  #keep(user: string, mechanism: ScramMechanism, credential: ScramCredential): void {
    const own = this.#set.get(user) ?? new Map<ScramMechanism, ScramCredential>()
    this.#set.set(user, own)
    own.set(mechanism, credential)
  }

  #deriveCredential(user: string, mechanism: ScramMechanism): ScramCredential | undefined {
    const password = this.#passwords.get(user)
    if (password === undefined) return undefined
    const key = `${mechanism} ${user}`
    const known = this.#derived.get(key)
    if (known !== undefined) return known
    const salt = randomBytes(saltBytes)
    const made = credentialOfPassword(mechanism, password, { salt, iterations: scramIterations.min })
    this.#derived.set(key, made)
    return made
  }
}

function toState({ salt, iterations, storedKey, serverKey }: ScramCredential): WrittenCredential {
  const text = (bytes: Buffer): string => bytes.toString('base64')
  return { salt: text(salt), iterations, storedKey: text(storedKey), serverKey: text(serverKey) }
}

function fromState({ salt, iterations, storedKey, serverKey }: WrittenCredential): ScramCredential {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64')
  return { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey) }
}
