/**
 * All that a registry knows, in memory: what the records of its log add up to. Records are the only way in, for those that are
 * read at the start and for those that are appended later, so that a restart cannot know anything else.
 */
import { schemaTypes, type SchemaType } from '../contracts.ts'
import type { CompatibilityLevel } from '../compatibility/levels.ts'
import { besides, contextOf, defaultContext, parseSubject, subjectText } from './subject-names.ts'
import type { LogRecord, SchemaReference, StoredVersion } from './records.ts'

export type Mode = 'READWRITE' | 'READONLY' | 'READONLY_OVERRIDE' | 'IMPORT'

export interface RegistryConfig {
  readonly compatibilityLevel?: CompatibilityLevel
  readonly normalize?: boolean
  /** The name of a metadata property: versions are compared only with those that have the same value. */
  readonly compatibilityGroup?: string
}

export class RegistryState {
  readonly #subjects = new Map<string, Map<number, StoredVersion>>()
  /** By context and id. */
  readonly #ids = new Map<string, Map<number, Set<StoredVersion>>>()
  readonly #globalIds = new Map<number, StoredVersion>()
  readonly #configs = new Map<string | null, RegistryConfig>()
  readonly #modes = new Map<string | null, Mode>()
  readonly #lastIds = new Map<string, number>()
  #lastGlobalId = 0
  #count = 0

  /** Versions kept, deleted ones included. */
  get count(): number {
    return this.#count
  }

  /** Records that it does not know, of later versions of other registries, are passed over. */
  apply(record: LogRecord): void {
    const key = JSON.parse(record.key) as RecordKey
    const value = record.value === null ? null : (JSON.parse(record.value) as RecordValue)
    const { subject = null, version = 0 } = key
    if (key.keytype === 'SCHEMA') this.#applySchema(subject ?? '', version, value)
    else if (key.keytype === 'DELETE_SUBJECT' && value !== null) this.#applyDelete(value)
    else if (key.keytype === 'CONFIG') setOrDelete(this.#configs, subject, value)
    else if (key.keytype === 'MODE') setOrDelete(this.#modes, subject, value?.mode ?? null)
  }

  /** Versions of a subject, oldest first. */
  versions(subject: string, withDeleted: boolean): readonly StoredVersion[] {
    const versions = [...(this.#subjects.get(subject)?.values() ?? [])]
    const wanted = withDeleted ? versions : versions.filter(({ deleted }) => !deleted)
    return wanted.toSorted((a, b) => a.version - b.version)
  }

  version(subject: string, version: number): StoredVersion | undefined {
    return this.#subjects.get(subject)?.get(version)
  }

  /** All subjects that have versions, in their order of names. */
  subjects(withDeleted: boolean): readonly string[] {
    return [...this.#subjects.keys()]
      .filter((subject) => this.versions(subject, withDeleted).length > 0)
      .toSorted((a, b) => (a < b ? -1 : 1))
  }

  contexts(): readonly string[] {
    const contexts = new Set([...this.#subjects.keys()].map(contextOf))
    contexts.delete(defaultContext)
    return [defaultContext, ...[...contexts].toSorted((a, b) => (a < b ? -1 : 1))]
  }

  /** Every version that has an id, in a context. */
  byId(context: string, id: number): readonly StoredVersion[] {
    return [...(this.#ids.get(context)?.get(id) ?? [])]
  }

  byGlobalId(id: number): StoredVersion | undefined {
    return this.#globalIds.get(id)
  }

  /** One version for each id of a context. */
  oneOfEachId(context: string): readonly StoredVersion[] {
    return [...(this.#ids.get(context)?.values() ?? [])].flatMap(([first]) =>
      first === undefined ? [] : [first],
    )
  }

  /** Versions whose schemas refer to a version. */
  referringTo(subject: string, version: number, withDeleted: boolean): readonly StoredVersion[] {
    const all = [...this.#subjects.values()].flatMap((versions) => [...versions.values()])
    return all.filter(
      (stored) =>
        (withDeleted || !stored.deleted) &&
        stored.references.some(
          (reference) =>
            reference.version === version && besides(reference.subject, stored.subject) === subject,
        ),
    )
  }

  nextId(context: string): number {
    return (this.#lastIds.get(context) ?? 0) + 1
  }

  nextGlobalId(): number {
    return this.#lastGlobalId + 1
  }

  /** What is set for exactly this subject, context or, for null, all. */
  config(subject: string | null): RegistryConfig | undefined {
    return this.#configs.get(subject)
  }

  /** What holds for a subject: its own settings, then those of its context, then those of all. */
  configInScope(subject: string | null): RegistryConfig {
    return Object.assign(
      { compatibilityLevel: 'BACKWARD' } satisfies RegistryConfig,
      ...scopes(subject)
        .map((scope) => this.#configs.get(scope))
        .toReversed(),
    ) as RegistryConfig
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject)
  }

  /** Subjects, contexts and, as null, all: whatever has a mode of its own. */
  modeScopes(): readonly (string | null)[] {
    return [...this.#modes.keys()]
  }

  modeInScope(subject: string | null): Mode {
    if (this.#modes.get(null) === 'READONLY_OVERRIDE') return 'READONLY_OVERRIDE'
    return scopes(subject).flatMap((scope) => this.#modes.get(scope) ?? [])[0] ?? 'READWRITE'
  }

  #applySchema(subject: string, version: number, value: RecordValue | null): void {
    const versions = this.#subjects.get(subject) ?? new Map<number, StoredVersion>()
    const before = versions.get(version)
    if (before !== undefined) this.#forget(versions, before)
    if (value !== null) this.#keep(versions, this.#storedVersion(subject, version, value))
    if (versions.size === 0) this.#subjects.delete(subject)
    else this.#subjects.set(subject, versions)
  }

  #storedVersion(subject: string, version: number, value: RecordValue): StoredVersion {
    return {
      subject,
      version,
      id: value.id ?? 0,
      // Topics of other registries do not have it: they count in the order of their records.
      globalId: value.globalId ?? this.nextGlobalId(),
      type: schemaTypes.find((type) => type === value.schemaType) ?? 'AVRO',
      text: value.schema ?? '',
      references: value.references ?? [],
      metadata: value.metadata,
      ruleSet: value.ruleSet,
      deleted: value.deleted ?? false,
    }
  }

  #applyDelete({ subject = '', version = 0 }: RecordValue): void {
    const versions = this.#subjects.get(subject)
    for (const stored of versions === undefined ? [] : [...versions.values()]) {
      if (versions === undefined || stored.version > version || stored.deleted) continue
      this.#forget(versions, stored)
      this.#keep(versions, { ...stored, deleted: true })
    }
  }

  #keep(versions: Map<number, StoredVersion>, stored: StoredVersion): void {
    const context = contextOf(stored.subject)
    versions.set(stored.version, stored)
    const ids = this.#ids.get(context) ?? new Map<number, Set<StoredVersion>>()
    ids.set(stored.id, (ids.get(stored.id) ?? new Set()).add(stored))
    this.#ids.set(context, ids)
    this.#globalIds.set(stored.globalId, stored)
    this.#lastIds.set(context, Math.max(this.#lastIds.get(context) ?? 0, stored.id))
    this.#lastGlobalId = Math.max(this.#lastGlobalId, stored.globalId)
    this.#count++
  }

  #forget(versions: Map<number, StoredVersion>, stored: StoredVersion): void {
    versions.delete(stored.version)
    const ids = this.#ids.get(contextOf(stored.subject))
    const same = ids?.get(stored.id)
    same?.delete(stored)
    if (same?.size === 0) ids?.delete(stored.id)
    this.#globalIds.delete(stored.globalId)
    this.#count--
  }
}

interface RecordKey {
  readonly keytype: string
  readonly subject?: string | null
  readonly version?: number
}

interface RecordValue extends RegistryConfig {
  readonly subject?: string
  readonly version?: number
  readonly id?: number
  readonly globalId?: number
  readonly schemaType?: SchemaType
  readonly references?: readonly SchemaReference[]
  readonly metadata?: unknown
  readonly ruleSet?: unknown
  readonly schema?: string
  readonly deleted?: boolean
  readonly mode?: Mode
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}

/** From the nearest outwards. */
function scopes(subject: string | null): readonly (string | null)[] {
  if (subject === null) return [null]
  const { context, name } = parseSubject(subject)
  const around = context === defaultContext ? [] : [subjectText({ context, name: '' })]
  return name === '' ? [...around, null] : [subject, ...around, null]
}
