/**
 * What a registry does: registers, finds, deletes and compares schemas, keeps settings. Both REST interfaces stand on it.
 *
 * Writes happen one after the other, each with its records appended to the log before the state has them; so what was answered
 * is never forgotten, and ids are never given twice.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../base/logger.ts'
import type { SchemaType } from '../contracts.ts'
import { incompatibilities } from '../compatibility/levels.ts'
import type { ReadSchema } from '../schemas/read-schema.ts'
import { incompatibleSchema, invalidSchema, invalidSubject, notPermitted, storeFailed } from './failure.ts'
import {
  schemaKey,
  schemaRecord,
  type LogRecord,
  type SchemaLog,
  type SchemaReference,
  type StoredVersion,
} from './records.ts'
import { RegistryState } from './registry-state.ts'
import { guidOf, SchemaIndex } from './schema-index.ts'
import { SchemaReading } from './schema-reading.ts'
import { contextOf, isValidSubject } from './subject-names.ts'

/** More versions than this are refused: all of them are in memory. */
const versionsMax = 100_000

export interface Registration {
  readonly subject: string
  readonly type: SchemaType
  readonly text: string
  readonly references: readonly SchemaReference[]
  readonly metadata?: unknown
  readonly ruleSet?: unknown
  /** Undefined: as the settings of the subject say. */
  readonly normalize?: boolean | undefined
  /** Whatever the compatibility of the subject. */
  readonly force?: boolean
  /** Only in import mode. */
  readonly id?: number
  /** The version that it has to become; in import mode any. */
  readonly version?: number
}

export interface Change<T> {
  readonly records: readonly LogRecord[]
  readonly answer: T
  /** Follows the records before anything else is changed. */
  readonly done?: () => void
}

export class RegistryService {
  readonly state = new RegistryState()
  readonly reading = new SchemaReading(this.state)
  readonly index = new SchemaIndex(this.state, this.reading)
  readonly #log: SchemaLog
  readonly #logger: Logger
  #lastWrite: Promise<unknown> = Promise.resolve()

  constructor(log: SchemaLog, logger: Logger) {
    this.#log = log
    this.#logger = logger
  }

  async open(): Promise<void> {
    await this.#log.read((record) => this.state.apply(record))
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => {})
    await this.#log.close()
  }

  /** Runs a change alone: it looks at the state and says which records make the change, and what to answer. */
  write<T>(change: () => Change<T>): Promise<T> {
    const result = this.#lastWrite.then(async () => {
      const { records, answer, done } = change()
      if (records.length > 0) await this.#append(records)
      done?.()
      return answer
    })
    this.#lastWrite = result.catch(() => {})
    return result
  }

  async #append(records: readonly LogRecord[]): Promise<void> {
    try {
      await this.#log.append(records)
    } catch (error) {
      this.#logger.error('could not write to the log of schemas', { error: String(error) })
      throw storeFailed('Error while writing to the backend store')
    }
    for (const record of records) this.state.apply(record)
  }

  /** Registers a schema, or finds it where it is registered already. @throws RegistryFailure */
  register(asked: Registration): Promise<StoredVersion> {
    return this.write(() => {
      if (!isValidSubject(asked.subject)) throw invalidSubject(asked.subject)
      const sent = asked.text.trim() === '' ? undefined : this.#known(this.#read(asked))
      if (sent !== undefined) return { records: [], answer: sent }
      const importing = this.#checkMode(asked)
      const draft = this.#read(importing ? { ...asked, normalize: false } : this.#completed(asked))
      const known = this.#known(draft)
      if (known !== undefined) return { records: [], answer: known }
      const unchecked = importing || asked.force === true
      const differences = unchecked ? [] : this.#differences(draft, this.state.versions(asked.subject, false))
      if (differences.length > 0) throw incompatibleSchema(asked.subject, differences)
      const stored = this.#newVersion(draft, importing)
      this.index.add(contextOf(stored.subject), draft.guid, stored.id)
      return { records: [...this.#replaced(stored), schemaRecord(stored)], answer: stored }
    })
  }

  /** The version of a subject that has this schema; deleted ones too where they are asked for. */
  lookUp(asked: Registration, withDeleted: boolean): StoredVersion | undefined {
    const draft = this.#read(asked)
    return this.#find(draft, withDeleted) ?? this.#find(this.#read(this.#completed(asked)), withDeleted)
  }

  /** What keeps a schema from standing beside earlier versions, by the level of its subject. @param earlier - oldest first */
  differences(asked: Registration, earlier: readonly StoredVersion[]): string[] {
    return this.#differences(this.#read(asked), earlier)
  }

  /** What is left out is that of the version before: serialisers do not send what a schema carries. */
  #completed(asked: Registration): Registration {
    const latest = this.state.versions(asked.subject, false).at(-1)
    if (latest === undefined) return asked
    const { type, text, references } = asked.text.trim() === '' ? latest : asked
    const { metadata = latest.metadata, ruleSet = latest.ruleSet } = asked
    return { ...asked, type, text, references, metadata, ruleSet }
  }

  #read(asked: Registration): Draft {
    if (asked.text.trim() === '') throw invalidSchema('Empty schema')
    const references = asked.references.map((reference) => ({
      ...reference,
      version: this.reading.referred(asked.subject, reference).version,
    }))
    const registration = { ...asked, references }
    const { normalize = this.state.configInScope(asked.subject).normalize } = asked
    const written = this.reading.readDraft(registration)
    const schema =
      normalize === true ? this.reading.readDraft({ ...registration, text: written.normalText() }) : written
    return { ...registration, schema, guid: guidOf(schema, registration) }
  }

  /** @returns whether the subject is in import mode */
  #checkMode({ subject, id }: Registration): boolean {
    const context = contextOf(subject)
    const mode = this.state.modeInScope(subject)
    const refuse = (what: string): Error =>
      notPermitted(`Subject ${subject} in context ${context} is ${what} mode`)
    if (mode.startsWith('READONLY')) throw refuse('in read-only')
    if (id !== undefined && mode !== 'IMPORT') throw refuse('not in import')
    if (id === undefined && mode !== 'READWRITE') throw refuse('not in read-write')
    return mode === 'IMPORT'
  }

  /** The version that a registration asks for, where it is there already. */
  #known(draft: Draft): StoredVersion | undefined {
    const { subject, id, version, guid } = draft
    const found = version === undefined ? this.#find(draft, false) : this.state.version(subject, version)
    if (found === undefined || found.deleted || (id ?? found.id) !== found.id) return undefined
    return version === undefined || (id === found.id && this.index.guidOf(found) === guid) ? found : undefined
  }

  #find(draft: Draft, withDeleted: boolean): StoredVersion | undefined {
    const versions = this.state.versions(draft.subject, withDeleted)
    return (
      versions.findLast((stored) => this.index.guidOf(stored) === draft.guid) ??
      versions.findLast((stored) => this.#isResolved(draft, stored))
    )
  }

  /** Whether a schema is another one with all that it refers to inside: so Avro's serialisers send those of their records. */
  #isResolved(draft: Draft, stored: StoredVersion): boolean {
    if (draft.references.length > 0 || stored.references.length === 0 || draft.type !== stored.type)
      return false
    const text = draft.schema.formatted('resolved')
    return (
      text !== undefined &&
      text === this.reading.read(stored).formatted('resolved') &&
      isDeepStrictEqual([draft.metadata, draft.ruleSet], [stored.metadata, stored.ruleSet])
    )
  }

  #differences({ subject, metadata, schema }: Draft, earlier: readonly StoredVersion[]): string[] {
    const { compatibilityLevel: level = 'BACKWARD', compatibilityGroup: group } =
      this.state.configInScope(subject)
    const comparable = earlier.filter(
      (stored) => group === undefined || groupOf(stored.metadata, group) === groupOf(metadata, group),
    )
    const versions = comparable.map((stored) => ({ ...stored, schema: () => this.reading.read(stored) }))
    const found = incompatibilities(level, schema, versions, (reader, writer) =>
      reader.differencesFrom(writer),
    )
    return found.length === 0 ? [] : [...found, `{validateFields: 'false', compatibility: '${level}'}`]
  }

  #newVersion(draft: Draft, importing: boolean): StoredVersion {
    const { subject, references, metadata, ruleSet, schema } = draft
    if (this.state.count >= versionsMax)
      throw storeFailed(`The registry holds ${versionsMax} versions, its most`)
    const next = (this.state.versions(subject, true).at(-1)?.version ?? 0) + 1
    const version = draft.version ?? next
    if (version !== next && !importing) throw invalidSchema('Version is not one more than previous version')
    const context = contextOf(subject)
    const id = draft.id ?? this.index.idOf(context, draft.guid) ?? this.state.nextId(context)
    const [holder] = this.state.byId(context, id)
    if (holder !== undefined && this.index.guidOf(holder) !== draft.guid)
      throw notPermitted(`Overwrite new schema with id ${id} in context ${context} is not permitted.`)
    const globalId = this.state.nextGlobalId()
    const { type, text } = schema
    return { subject, version, id, globalId, type, text, references, metadata, ruleSet, deleted: false }
  }

  /** A schema that comes back after it was deleted takes the place of its deleted versions. */
  #replaced({ subject, id, version }: StoredVersion): LogRecord[] {
    return this.state
      .versions(subject, true)
      .filter((old) => old.deleted && old.id === id && old.version < version)
      .filter((old) => this.state.referringTo(subject, old.version, true).length === 0)
      .map((old) => ({ key: schemaKey(subject, old.version), value: null }))
  }
}

/** A registration that has been read, its references with the numbers of their versions. */
interface Draft extends Registration {
  readonly schema: ReadSchema
  readonly guid: string
}

function groupOf(metadata: unknown, group: string): unknown {
  const carrier = metadata as { readonly properties?: Readonly<Record<string, unknown>> } | null | undefined
  return carrier?.properties?.[group]
}
