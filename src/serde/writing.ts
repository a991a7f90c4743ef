import type { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { Header, Headers } from '../base/headers.ts'
import type { Format, SchemaSource } from '../data/types.ts'
import type {
  FramePrefix,
  Framing,
  RegisteredSchema,
  SchemaDraft,
  SchemaRegistry,
  Side,
} from '../registry/contracts.ts'
import type { EncodeValue, ParsedSchema, SchemaLanguage } from './schema-language.ts'
import { refuseRules } from './schema-rules.ts'
import { leaveMissing, notHere, type SchemaWaits } from './schema-waits.ts'

/** What tells the values of one topic and side. */
export interface WritingParts {
  readonly registry: SchemaRegistry
  readonly language: SchemaLanguage
  readonly waits: SchemaWaits
  readonly format: Format
  readonly topic: string
  /** The topic that the values come from, by its name in the cluster. */
  readonly origin?: string
  readonly side: Side
}

interface Prepared {
  readonly encode: EncodeValue
  readonly prefix: FramePrefix
}

/**
 * The schema that values of one topic and side are written with. It outlives the operators that write: those are built anew after each
 * aborted transaction.
 */
export class Writing {
  readonly #parts: WritingParts
  readonly #framing: Framing
  /** What the definition gives; absent: the subject's latest. */
  readonly #schema: ParsedSchema | undefined
  #prepared: Prepared | undefined

  constructor(parts: WritingParts) {
    const { registry, language, format, side } = parts
    this.#parts = parts
    this.#framing = registry.framing(side, language.type)
    this.#schema = format.source === undefined ? undefined : language.parse(format.source, format.schema)
  }

  /** What is not there yet is asked for again when the first value comes. */
  prepare(): void {
    if (this.#prepared === undefined) this.#begin(() => this.#ask().catch(leaveMissing))
  }

  #begin(ask: () => Promise<void>): void {
    this.#parts.waits.begin(this.#what, ask)
  }

  get #what(): string {
    return `the schema of the ${this.#parts.side}s written to topic "${this.#parts.topic}"`
  }

  async #ask(): Promise<void> {
    this.#prepared ??= this.#prepare(await this.#register())
  }

  encode(value: unknown, writer: ByteWriter, headers: Header[] | undefined): void {
    const prepared = this.#prepared
    if (prepared === undefined) {
      this.#begin(() => this.#ask())
      throw notHere(this.#what)
    }
    const { prefix, encode } = prepared
    const start = writer.length
    if (prefix.bytes.length > 0) writer.writeBytes(prefix.bytes)
    try {
      encode(value, writer)
    } catch (error) {
      writer.length = start
      throw error
    }
    if (prefix.headers.length > 0) addHeaders(prefix.headers, headers)
  }

  #register(): Promise<RegisteredSchema> {
    const { registry, topic, side, format, language } = this.#parts
    if (format.source === undefined) return this.#latest()
    const recordName = this.#schema?.recordName
    const subject = registry.subjectOf({ topic, side, ...(recordName === undefined ? {} : { recordName }) })
    return registry.forWriting(subject, draftOf(language, format.source))
  }

  /** Of the topic, else of the one that the values come from: nobody registers schemas for what an application keeps. */
  async #latest(): Promise<RegisteredSchema> {
    const { registry, topic, side, origin } = this.#parts
    try {
      return await registry.latest(registry.subjectOf({ topic, side }))
    } catch (error) {
      const isMissing = error instanceof StreamError && error.code === 'SCHEMA_NOT_FOUND'
      if (!isMissing || origin === undefined) throw error
      return registry.latest(registry.subjectOf({ topic: origin, side }))
    }
  }

  #prepare(registered: RegisteredSchema): Prepared {
    const { language, format, side } = this.#parts
    refuseRules(registered, 'writing')
    const schema = language.parse(registered, format.schema)
    return { encode: schema.encoder(side), prefix: this.#framing.prefix(registered.ids, schema.message) }
  }
}

/** A registry is told of each schema what that one refers to itself: it finds the rest of them by that. */
function draftOf({ type }: SchemaLanguage, { text, imports, references = [] }: SchemaSource): SchemaDraft {
  const drafts = new Map<string, SchemaDraft>()
  const draft = (text: string, imports: readonly string[]): SchemaDraft => {
    const referred = imports.flatMap((name) => {
      const found = drafts.get(name)
      return found === undefined ? [] : [{ name, draft: found }]
    })
    return { type, text, ...(referred.length === 0 ? {} : { references: referred }) }
  }
  for (const { name, text, imports = [] } of references) drafts.set(name, draft(text, imports))
  return draft(text, imports ?? [...drafts.keys()])
}

/** Stores keep no headers: a value in one has to carry its schema's id itself. */
function addHeaders(added: Headers, headers: Header[] | undefined): void {
  if (headers === undefined)
    throw new StreamError('NOT_SUPPORTED', 'schema ids in headers cannot be kept in stores', {
      hint: 'Let the ids be written before the value, or keep values of another notation, such as json, in stores.',
    })
  headers.push(...added)
}
