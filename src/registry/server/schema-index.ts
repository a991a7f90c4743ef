/** Finds schemas by what they say: each has a GUID made of its content, so that the same schema has the same one everywhere. */
import { createHash } from 'node:crypto'
import type { ReadSchema } from '../schemas/read-schema.ts'
import type { SchemaReference, StoredVersion } from './records.ts'
import type { RegistryState } from './registry-state.ts'
import type { SchemaReading } from './schema-reading.ts'
import { besides } from './subject-names.ts'

/** What makes a schema, besides its text. */
export interface Carried {
  readonly subject: string
  /** With the numbers of their versions. */
  readonly references: readonly SchemaReference[]
  readonly metadata?: unknown
  readonly ruleSet?: unknown
}

export function guidOf(schema: ReadSchema, { subject, references, metadata, ruleSet }: Carried): string {
  const referred = references.map((reference) => [
    reference.name,
    besides(reference.subject, subject),
    reference.version,
  ])
  const content = JSON.stringify([schema.type, schema.identity, referred, metadata ?? null, ruleSet ?? null])
  const hash = createHash('md5').update(content).digest('hex')
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export class SchemaIndex {
  readonly #state: RegistryState
  readonly #reading: SchemaReading
  /** By context, then by GUID. A context is gone through when it is first asked for; after that {@link add} keeps it up. */
  readonly #ids = new Map<string, Map<string, number>>()

  constructor(state: RegistryState, reading: SchemaReading) {
    this.#state = state
    this.#reading = reading
  }

  guidOf(stored: StoredVersion): string {
    return guidOf(this.#reading.read(stored), stored)
  }

  /** The id that a schema has in a context; also when all its versions have gone, so that it gets the same again. */
  idOf(context: string, guid: string): number | undefined {
    return this.#context(context).get(guid)
  }

  add(context: string, guid: string, id: number): void {
    this.#context(context).set(guid, id)
  }

  /** After versions went for good whose ids may be given to others. */
  forget(): void {
    this.#ids.clear()
  }

  #context(context: string): Map<string, number> {
    const known = this.#ids.get(context)
    if (known !== undefined) return known
    const ids = new Map(this.#state.oneOfEachId(context).map((stored) => [this.guidOf(stored), stored.id]))
    this.#ids.set(context, ids)
    return ids
  }
}
