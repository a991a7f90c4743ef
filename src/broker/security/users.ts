/**
 * Users and what they prove themselves by: passwords from the configuration, good for PLAIN and SCRAM alike, and SCRAM credentials that
 * administrators have set, which hold no password. Where both are there, SCRAM goes by the latter.
 */
import { randomBytes } from 'node:crypto'
import {
  credentialOfPassword,
  scramIterations,
  scramMechanisms,
  type ScramCredential,
  type ScramMechanism,
} from './scram-mechanisms.ts'

const saltBytes = 16

export interface UsersOptions {
  readonly passwords: Readonly<Record<string, string>>
  /** Users with credentials beyond it are refused. */
  readonly usersMax: number
}

export class Users {
  readonly #passwords: ReadonlyMap<string, string>
  readonly #usersMax: number
  readonly #set = new Map<string, Map<ScramMechanism, ScramCredential>>()
  /** Made of passwords when first needed: it takes milliseconds. */
  readonly #derived = new Map<string, ScramCredential>()

  constructor({ passwords, usersMax }: UsersOptions) {
    this.#passwords = new Map(Object.entries(passwords))
    this.#usersMax = usersMax
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
    const all = Object.keys(scramMechanisms) as ScramMechanism[]
    if (this.#passwords.has(user))
      return all.map((mechanism) => ({
        mechanism,
        iterations: this.#set.get(user)?.get(mechanism)?.iterations ?? scramIterations.min,
      }))
    const own = this.#set.get(user)
    return all.flatMap((mechanism) => {
      const credential = own?.get(mechanism)
      return credential === undefined ? [] : [{ mechanism, iterations: credential.iterations }]
    })
  }

  /** @returns false where there are too many users */
  setCredential(user: string, mechanism: ScramMechanism, credential: ScramCredential): boolean {
    const own = this.#set.get(user) ?? new Map<ScramMechanism, ScramCredential>()
    if (own.size === 0 && this.#set.size >= this.#usersMax) return false
    this.#set.set(user, own)
    own.set(mechanism, credential)
    return true
  }

  /** @returns false where none had been set */
  deleteCredential(user: string, mechanism: ScramMechanism): boolean {
    const own = this.#set.get(user)
    const gone = own?.delete(mechanism) === true
    if (own?.size === 0) this.#set.delete(user)
    return gone
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
