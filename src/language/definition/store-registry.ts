import type { SourceSpan } from '../../base/errors.ts'
import { isSameType } from '../../data/assignable.ts'
import { formatDuration } from '../../base/duration.ts'
import { describeFormat } from '../../data/type-strings.ts'
import type { Format } from '../../data/types.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { NamedEntry, Reference } from '../schema/collections.ts'
import type { InlineStoreFields, NamedStoreFields } from './fields/store-fields.ts'
import type { StoreUse } from './function-registry.ts'
import type { OperationNames } from './names.ts'
import { userStoreShape } from './user-stores.ts'
import { checkVersioned, versionsOf, type Versions } from './versioned-stores.ts'

interface OwnTraits {
  readonly persistent: boolean
  readonly timestamped?: boolean
}

export type StoreReference = Reference<InlineStoreFields>

/** What an operation wants of a store: it materialises its result there. */
export interface StoreRequest {
  readonly reference: StoreReference | undefined
  /** The name of a store that is written at the operation without a name. */
  readonly ownName: string
  /** The name that Kafka Streams would give where there is no store at all. */
  readonly countedPrefix: string
  readonly key: Format
  readonly value: Format
  readonly label: string
  /** Absent: a key-value store. */
  readonly shape?: StoreShape
  /** What the operation calls it where there is no store at all; absent: as Kafka Streams counts. */
  readonly unnamed?: string
  /** Whether the operation can keep versions. */
  readonly versionable?: boolean
  /** What the author cannot change. */
  readonly traits?: Partial<Traits>
}

/** What kind of store an operation needs, and how long it must keep what is in it. */
export type StoreShape =
  | { readonly kind: 'key-value' }
  | {
      readonly kind: 'window'
      readonly windowSizeMs: number
      readonly retentionMs: number
      readonly retainDuplicates: boolean
    }
  | { readonly kind: 'session'; readonly retentionMs: number }
  | Versions

const keyValueShape: StoreShape = { kind: 'key-value' }
const kindNames = {
  'key-value': 'keyValue',
  window: 'window',
  session: 'session',
  versioned: 'keyValue',
} as const

type StoreFields = NamedStoreFields | InlineStoreFields

/** A store as its author gave it to an operation. */
interface GivenStore {
  readonly name: string
  readonly fields: StoreFields
  readonly label: string
  readonly span: SourceSpan
  readonly versionable: boolean | undefined
}

type Traits = Pick<StoreSpec, 'persistent' | 'caching' | 'logging'>

/** What Kafka Streams makes where the author says nothing. */
const defaultTraits: Traits = { persistent: true, caching: true, logging: 'own' }
const plainTraits: Traits = { persistent: false, caching: false, logging: 'none' }

/** The stores of one definition: each is declared once and written by at most one operation. */
export class StoreRegistry {
  readonly #diagnostics: Diagnostics
  readonly #names: OperationNames
  readonly #declared = new Map<string, NamedEntry<NamedStoreFields>>()
  /** Whether names that are not found may be declared where nothing could be read. */
  #namesUnknown = false
  readonly #specs = new Map<string, StoreSpec>()
  readonly #globals = new Set<string>()
  readonly #used = new Set<string>()

  constructor(diagnostics: Diagnostics, names: OperationNames) {
    this.#diagnostics = diagnostics
    this.#names = names
  }

  /** @param whole - whether these are all that the file declares */
  declare(entries: readonly NamedEntry<NamedStoreFields>[], { whole }: { readonly whole: boolean }): void {
    this.#namesUnknown = !whole
    for (const entry of entries) {
      const sound = entry.value !== undefined && this.#checkKind(entry.value)
      this.#declared.set(entry.name, sound ? entry : { ...entry, value: undefined })
    }
  }

  get specs(): readonly StoreSpec[] {
    return [...this.#specs.values()]
  }

  /** The store of an operation's result: named, written there, or as Kafka Streams would make it. */
  materialise(request: StoreRequest): string | undefined {
    const { reference, key, value, label } = request
    const shape = request.shape ?? keyValueShape
    if (reference === undefined) return this.#addUnnamed(shape, request)
    const fields = this.fieldsOf(reference)
    if (fields === undefined) return undefined
    const span = reference.kind === 'name' ? reference.name.span : reference.span
    const name = reference.kind === 'name' ? reference.name.value : (fields.name?.value ?? request.ownName)
    if (this.#isTaken(name, label, span)) return undefined
    if (reference.kind === 'inline') this.#compareTypes(fields, { key, value })
    else if (!this.#fits({ name, fields, key, value, span })) return undefined
    const { versionable } = request
    const kept = this.#shapeOf(shape, { name, fields, label, span, versionable })
    return kept && this.#add(specOf(kept, { name, key, value, ...traitsOf(fields), ...request.traits }))
  }

  #addUnnamed(shape: StoreShape, { unnamed, countedPrefix, key, value, traits }: StoreRequest): string {
    const name = unnamed ?? this.#names.counted(`${countedPrefix}-STATE-STORE`)
    return this.#add(specOf(shape, { name, key, value, ...defaultTraits, ...traits }))
  }

  /** How long a store that was added keeps versions; undefined: not at all. */
  historyOf(name: string): number | undefined {
    const spec = this.#specs.get(name)
    return spec?.kind === 'versioned' ? spec.historyRetentionMs : undefined
  }

  #isTaken(name: string, label: string, span: SourceSpan): boolean {
    if (!this.#specs.has(name)) return false
    this.#diagnostics.error('DEFINITION_INVALID', `store "${name}" is used twice`, span, {
      detail: `${label} would write into a store that already holds something else.`,
      hint: 'Give each operation a store of its own.',
    })
    return true
  }

  /** A store that an operation needs beside those that an author knows of: bytes by bytes, logged. */
  addOwn(name: string, { persistent, timestamped = false }: OwnTraits): string {
    const bytes = { notation: 'binary', type: { kind: 'bytes' } } as const
    const traits = { timestamped, persistent, caching: false, logging: 'own' } as const
    return this.#add({ name, kind: 'key-value', key: bytes, value: bytes, ...traits })
  }

  /** What an operation keeps by itself. */
  addList(name: string): string {
    const bytes = { notation: 'binary', type: { kind: 'bytes' } } as const
    return this.#add({
      name,
      kind: 'list',
      key: bytes,
      value: bytes,
      persistent: true,
      caching: false,
      logging: 'own',
    })
  }

  /** The shape that an operation needs, with what its store says of it; undefined, and a complaint, where they do not fit. */
  #shapeOf(shape: StoreShape, store: GivenStore): StoreShape | undefined {
    const { fields, name, label, span, versionable } = store
    const given = fields.type?.value ?? kindNames[shape.kind]
    if (given !== kindNames[shape.kind]) {
      this.#diagnostics.error('DEFINITION_INVALID', `${label} needs a ${kindNames[shape.kind]} store`, span, {
        detail: `Store "${name}" is of type ${given}.`,
        hint: `Use "type: ${kindNames[shape.kind]}".`,
      })
      return undefined
    }
    if ('retentionMs' in shape) return this.#retaining(shape, store)
    if (!fields.versioned.value) return shape
    return versionable === true ? versionsOf(fields) : this.#refuseVersioned(label, fields.versioned.span)
  }

  #retaining(
    shape: Extract<StoreShape, { readonly retentionMs: number }>,
    { fields, name, label, span }: GivenStore,
  ): StoreShape {
    const retentionMs = fields.retention?.value ?? shape.retentionMs
    if (retentionMs >= shape.retentionMs) return { ...shape, retentionMs }
    this.#diagnostics.error(
      'DEFINITION_INVALID',
      `store "${name}" does not keep what ${label} needs`,
      fields.retention?.span ?? span,
      {
        detail: `Windows take records for ${formatDuration(shape.retentionMs)}, grace included; the store keeps them for ${formatDuration(retentionMs)}.`,
        hint: `Give it "retention: ${formatDuration(shape.retentionMs)}", or remove "retention".`,
      },
    )
    return shape
  }

  #refuseVersioned(label: string, span: SourceSpan): undefined {
    this.#diagnostics.error('NOT_SUPPORTED', `${label} cannot keep versions`, span, {
      detail: 'Versioned are the stores of tables that are read, and of "toTable".',
      hint: 'Remove "versioned", or put "toStream" and "toTable" with such a store behind it.',
    })
  }

  /** The store of a table; it is named after the topic, which also serves as its change log. */
  ofTable(
    topic: string,
    formats: { readonly key: Format; readonly value: Format },
    reference: StoreReference | undefined,
  ): string {
    const fields = reference === undefined ? undefined : this.fieldsOf(reference)
    const traits = fields === undefined ? plainTraits : traitsOf(fields)
    if (fields !== undefined) this.#compareTypes(fields, formats)
    if (this.#specs.has(topic)) return topic
    const kind = fields?.versioned.value === true ? versionsOf(fields) : timestampedKind
    return this.#add({ name: topic, ...kind, ...formats, ...traits, logging: 'source' })
  }

  ofGlobalTable(
    topic: string,
    formats: { readonly key: Format; readonly value: Format },
    reference: StoreReference | undefined,
  ): string {
    this.#globals.add(topic)
    const name = this.ofTable(topic, formats, reference)
    if (reference !== undefined && this.historyOf(name) !== undefined)
      this.#refuseVersioned(
        'a global table',
        reference.kind === 'name' ? reference.name.span : reference.span,
      )
    return name
  }

  /** The fields of a store that is named or written in place. */
  fieldsOf(reference: StoreReference): StoreFields | undefined {
    if (reference.kind === 'inline') return this.#checkKind(reference.value) ? reference.value : undefined
    const { value: name, span } = reference.name
    const known = this.#declared.get(name)
    this.#used.add(name)
    if (known === undefined && !this.#namesUnknown)
      this.#diagnostics.error('NAME_NOT_FOUND', `no store is called "${name}"`, span, {
        hint: suggest(name, [...this.#declared.keys()], 'stores'),
      })
    return known?.value
  }

  /** The name that a store gives to an internal topic. */
  nameOf(reference: StoreReference | undefined): string | undefined {
    return reference?.kind === 'name' ? reference.name.value : reference?.value.name?.value
  }

  /** Adds the stores that only functions use, and checks that each has what they want. */
  finish(uses: readonly StoreUse[]): void {
    for (const { store, label, span } of uses) {
      if (this.#globals.has(store)) {
        this.#diagnostics.error(
          'NOT_SUPPORTED',
          `${label} cannot use the store of global table "${store}"`,
          span,
          {
            hint: 'Join with the global table before, so that the function gets its row.',
          },
        )
      } else if (!this.#specs.has(store)) this.#addUserStore(store, label, span)
    }
    // Where something is broken, what would have used a store may not be known.
    if (this.#diagnostics.failed) return
    for (const { name, span, value } of this.#declared.values())
      if (value !== undefined && !this.#specs.has(name) && !this.#used.has(name))
        this.#diagnostics.warn('DEFINITION_INVALID', `store "${name}" is not used`, span)
  }

  #addUserStore(store: string, label: string, span: SourceSpan): void {
    const declared = this.#declared.get(store)
    this.#used.add(store)
    if (declared === undefined) {
      if (this.#namesUnknown) return
      this.#diagnostics.error('NAME_NOT_FOUND', `no store is called "${store}"`, span, {
        detail: `${label} wants to use it.`,
        hint: suggest(store, [...this.#declared.keys(), ...this.#specs.keys()], 'stores'),
      })
      return
    }
    const fields = declared.value
    if (fields === undefined) return
    if (fields.keyType === undefined || fields.valueType === undefined) {
      this.#diagnostics.error(
        'DEFINITION_INVALID',
        `store "${store}" does not say what it holds`,
        declared.span,
        {
          detail: 'It is used by functions only, so that no operation gives it its types.',
          hint: 'Add "keyType" and "valueType".',
        },
      )
      return
    }
    const formats = { key: fields.keyType.value.format, value: fields.valueType.value.format }
    const shape = userStoreShape(store, fields, this.#diagnostics)
    if (shape !== undefined) this.#add({ name: store, ...formats, ...shape, ...traitsOf(fields) })
  }

  #add(spec: StoreSpec): string {
    this.#specs.set(spec.name, spec)
    return spec.name
  }

  #checkKind(fields: StoreFields): boolean {
    const diagnostics = this.#diagnostics
    if ((fields.type?.value ?? 'keyValue') !== 'keyValue') return true
    if (fields.versioned.value) return checkVersioned(fields, diagnostics)
    // A store without a type is of the kind that its operation needs.
    if (fields.type === undefined) return true
    for (const field of ['retention', 'historyRetention', 'segmentInterval'] as const)
      if (fields[field] !== undefined)
        diagnostics.warn('DEFINITION_INVALID', `"${field}" has no effect on this store`, fields[field].span, {
          hint: 'Remove it: a keyValue store keeps the newest value of every key.',
        })
    return true
  }

  /** The types of a store that is written in place, or of a table, are those of what goes into it. */
  #compareTypes(fields: StoreFields, formats: { readonly key: Format; readonly value: Format }): void {
    for (const side of ['key', 'value'] as const) {
      const declared = fields[`${side}Type`]
      if (declared === undefined || isSameType(declared.value.format.type, formats[side].type)) continue
      this.#diagnostics.warn(
        'TYPE_INVALID',
        `"${side}Type" of ${fields.at.label} has no effect`,
        declared.span,
        {
          detail: `The store holds what goes into it: here the ${side} is ${describeFormat(formats[side])}.`,
          hint: 'Remove it, or change it.',
        },
      )
    }
  }

  #fits(store: { name: string; fields: StoreFields; key: Format; value: Format; span: SourceSpan }): boolean {
    for (const side of ['key', 'value'] as const) {
      const declared = store.fields[`${side}Type`]
      if (declared === undefined || isSameType(declared.value.format.type, store[side].type)) continue
      this.#diagnostics.error(
        'TYPE_INVALID',
        `store "${store.name}" has another ${side} type than what goes into it`,
        store.span,
        {
          detail: `The store holds ${declared.text}; here the ${side} is ${describeFormat(store[side])}.`,
          hint: `Remove "${side}Type" from the store, or change it.`,
        },
      )
      return false
    }
    return true
  }
}

const timestampedKind = { kind: 'key-value', timestamped: true } as const

function specOf(
  shape: StoreShape,
  base: { readonly name: string; readonly key: Format; readonly value: Format } & Traits,
): StoreSpec {
  if (shape.kind === 'session' || shape.kind === 'versioned') return { ...base, ...shape }
  return { ...base, ...shape, timestamped: true }
}

function traitsOf(fields: StoreFields): Traits {
  return {
    persistent: fields.persistent.value,
    caching: fields.caching.value,
    logging: fields.logging.value ? 'own' : 'none',
  }
}
