/** What clients of both kinds have in common: schemas are cached, and the settings say which one is written with. */
import type { StreamError } from '../../base/errors.ts'
import type {
  Framing,
  RegisteredSchema,
  SchemaDraft,
  SchemaRef,
  SchemaRegistry,
  SchemaType,
  SchemaUse,
  Side,
} from '../contracts.ts'
import type { RegistrySettings } from '../settings.ts'
import { draftKey } from './drafts.ts'
import type { RegistryExchange } from './registry-exchange.ts'
import type { SchemaCache } from './schema-cache.ts'

/** Referred schemas nested deeper than this are a circle. */
export const referenceDepthMax = 32

export type DraftUse = 'register' | 'look-up'

export abstract class RegistryClient<Settings extends RegistrySettings> implements SchemaRegistry {
  protected readonly settings: Settings
  protected readonly exchange: RegistryExchange
  readonly #cache: SchemaCache

  constructor(settings: Settings, exchange: RegistryExchange, cache: SchemaCache) {
    this.settings = settings
    this.exchange = exchange
    this.#cache = cache
  }

  abstract subjectOf(use: SchemaUse): string
  abstract framing(side: Side, type: SchemaType): Framing
  /** Asks the registry, each of them. */
  protected abstract askRef(ref: SchemaRef): Promise<RegisteredSchema>
  protected abstract askVersion(subject: string, version: number | string): Promise<RegisteredSchema>
  protected abstract askLatest(subject: string): Promise<RegisteredSchema>
  protected abstract askDraft(how: DraftUse, subject: string, draft: SchemaDraft): Promise<RegisteredSchema>
  /** What kind of id a fixed one is. */
  protected abstract readonly idKind: SchemaRef['kind']

  known(ref: SchemaRef): RegisteredSchema | StreamError | undefined {
    return this.#cache.known(ref)
  }

  fetch(ref: SchemaRef): Promise<RegisteredSchema> {
    return this.#cache.byRef(ref, () => this.askRef(ref))
  }

  latest(subject: string): Promise<RegisteredSchema> {
    return this.#cache.latest(subject, () => this.askLatest(subject))
  }

  version(subject: string, version: number | string): Promise<RegisteredSchema> {
    return this.#cache.once(`version ${version} ${subject}`, () => this.askVersion(subject, version))
  }

  register(subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    return this.withDraft('register', subject, draft)
  }

  forWriting(subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    const { writing } = this.settings
    switch (writing.kind) {
      case 'register':
      case 'look-up':
        return this.withDraft(writing.kind, subject, draft)
      case 'latest':
        return this.latest(subject)
      case 'version':
        return this.version(subject, writing.version)
      case 'id':
        return this.fetch({ kind: this.idKind, id: writing.id })
    }
  }

  close(): Promise<void> {
    this.exchange.close()
    return Promise.resolve()
  }

  protected withDraft(how: DraftUse, subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    return this.#cache.once(`${how} ${subject} ${draftKey(draft)}`, () => this.askDraft(how, subject, draft))
  }
}
