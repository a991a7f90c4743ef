import { StreamError } from '../../base/errors.ts'
import type { NamedSchema, SchemaType } from '../contracts.ts'
import { readSchema, type ReadSchema } from '../schemas/read-schema.ts'
import { invalidSchema } from './failure.ts'
import type { SchemaReference, StoredVersion } from './records.ts'
import type { RegistryState } from './registry-state.ts'
import { besides } from './subject-names.ts'

/** How many schemas are kept read; reading one again costs microseconds to milliseconds. */
const readSchemasMax = 1000
/** How many schemas one may refer to, directly or through others. */
const referencesMax = 500

export interface Draft {
  /** Relative names of subjects in references are of its context. */
  readonly subject: string
  readonly type: SchemaType
  readonly text: string
  readonly references: readonly SchemaReference[]
}

/** Reads schemas with what they refer to. */
export class SchemaReading {
  readonly #state: RegistryState
  /** A version's content never changes, so its object is the key. Oldest first. */
  readonly #read = new Map<StoredVersion, ReadSchema>()

  constructor(state: RegistryState) {
    this.#state = state
  }

  read(stored: StoredVersion): ReadSchema {
    const known = this.#read.get(stored)
    if (known !== undefined) return known
    const schema = this.readDraft(stored)
    this.#read.set(stored, schema)
    for (const oldest of this.#read.keys()) {
      if (this.#read.size <= readSchemasMax) break
      this.#read.delete(oldest)
    }
    return schema
  }

  /** @throws RegistryFailure 42201 */
  readDraft({ subject, type, text, references }: Draft): ReadSchema {
    try {
      return readSchema(type, text, this.#resolve(subject, references))
    } catch (error) {
      if (error instanceof StreamError) throw invalidSchema(error.detail ?? error.message)
      throw error
    }
  }

  /** What is referred to comes before what refers to it; each name once. */
  #resolve(subject: string, references: readonly SchemaReference[]): readonly NamedSchema[] {
    const found = new Map<string, NamedSchema>()
    const visit = (from: string, list: readonly SchemaReference[]): void => {
      for (const reference of list) {
        if (found.has(reference.name)) continue
        if (found.size >= referencesMax)
          throw invalidSchema(`It refers to more than ${referencesMax} schemas.`)
        const stored = this.referred(from, reference)
        // Names are taken before their own references, so that a circle ends; the order is put right below.
        found.set(reference.name, { name: reference.name, text: stored.text })
        visit(stored.subject, stored.references)
        const own = found.get(reference.name)
        found.delete(reference.name)
        if (own !== undefined) found.set(reference.name, own)
      }
    }
    visit(subject, references)
    return [...found.values()]
  }

  /** @throws RegistryFailure 42201 where there is no such version */
  referred(from: string, { subject, version }: SchemaReference): StoredVersion {
    const name = besides(subject, from)
    const stored =
      version === -1 ? this.#state.versions(name, false).at(-1) : this.#state.version(name, version)
    if (stored === undefined)
      throw invalidSchema(`No schema reference found for subject "${subject}" and version ${version}`)
    return stored
  }
}
