/** What a client remembers: schemas by id and versions by subject, bounded; and for a moment that there is no such id. */
import type { Clock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import type { RegisteredSchema, SchemaRef } from '../contracts.ts'
import type { RegistryLimits } from '../settings.ts'

interface Absent {
  readonly error: StreamError
  readonly untilMs: number
}

export class SchemaCache {
  readonly #limits: RegistryLimits
  readonly #clock: Clock
  /** Used last comes last. */
  readonly #schemas = new Map<string, RegisteredSchema>()
  readonly #absent = new Map<string, Absent>()
  readonly #pending = new Map<string, Promise<RegisteredSchema>>()
  readonly #latest = new Map<string, { readonly schema: RegisteredSchema; readonly untilMs: number }>()

  constructor(limits: RegistryLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  known(ref: SchemaRef): RegisteredSchema | StreamError | undefined {
    const key = refKey(ref)
    const schema = this.#schemas.get(key)
    if (schema !== undefined) return schema
    const absent = this.#absent.get(key)
    if (absent === undefined || absent.untilMs > this.#clock.monotonicMs()) return absent?.error
    this.#absent.delete(key)
    return undefined
  }

  /** A schema by its id, loaded once for all who ask at the same time. */
  async byRef(ref: SchemaRef, load: () => Promise<RegisteredSchema>): Promise<RegisteredSchema> {
    const known = this.known(ref)
    if (known instanceof StreamError) throw known
    const key = refKey(ref)
    try {
      return await this.once(key, load)
    } catch (error) {
      if (error instanceof StreamError && error.code === 'SCHEMA_NOT_FOUND')
        put(this.#absent, key, this.#absence(error), this.#limits.schemasMax)
      throw error
    }
  }

  /** A schema under any name that stands for the same for ever. */
  once(key: string, load: () => Promise<RegisteredSchema>): Promise<RegisteredSchema> {
    const schema = this.#schemas.get(key)
    if (schema !== undefined) {
      put(this.#schemas, key, schema, this.#limits.schemasMax)
      return Promise.resolve(schema)
    }
    return this.#shared(key, async () => {
      const loaded = await load()
      put(this.#schemas, key, loaded, this.#limits.schemasMax)
      return loaded
    })
  }

  /** The latest version of a subject, as old as the limits allow. */
  latest(subject: string, load: () => Promise<RegisteredSchema>): Promise<RegisteredSchema> {
    const held = this.#latest.get(subject)
    if (held !== undefined && held.untilMs > this.#clock.monotonicMs()) return Promise.resolve(held.schema)
    return this.#shared(`latest ${subject}`, async () => {
      const schema = await load()
      const untilMs = this.#clock.monotonicMs() + this.#limits.latestAgeMaxMs
      put(this.#latest, subject, { schema, untilMs }, this.#limits.schemasMax)
      return schema
    })
  }

  #shared(key: string, load: () => Promise<RegisteredSchema>): Promise<RegisteredSchema> {
    const pending = this.#pending.get(key)
    if (pending !== undefined) return pending
    const loading = load().finally(() => this.#pending.delete(key))
    this.#pending.set(key, loading)
    return loading
  }

  #absence(error: StreamError): Absent {
    return { error, untilMs: this.#clock.monotonicMs() + this.#limits.absentAgeMaxMs }
  }
}

function refKey({ kind, id }: SchemaRef): string {
  return `${kind} ${id}`
}

function put<V>(map: Map<string, V>, key: string, value: V, sizeMax: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return
    map.delete(oldest)
  }
}
