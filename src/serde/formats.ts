/**
 * The formats of one thread: gives each topic and side its serde, by the notations that the configuration names and those that are
 * always there, and knows whether a schema is being waited for.
 */
import type { Clock } from '../base/clock.ts'
import { StreamError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Format } from '../data/types.ts'
import type { SchemaRegistry, Side } from '../registry/contracts.ts'
import { csvOptions, csvSerde } from './csv/csv-serde.ts'
import { soapSerde, xmlSerde } from './xml/xml-serde.ts'
import type { NotationType } from '../data/notation-types.ts'
import { languageOf } from './notations.ts'
import { serdeFor } from './plain-serde.ts'
import { registrySerde } from './registry-serde.ts'
import { schemaSerde } from './schema-serde.ts'
import { SchemaWaits } from './schema-waits.ts'
import type { Serde } from './serde.ts'
import { textForm, type TextForm } from './text-form.ts'
import { Writing, type WritingParts } from './writing.ts'

/** A notation of the configuration. Plain data: it crosses to worker threads. */
export interface NotationSettings {
  readonly type: NotationType
  /** Its registry's properties and its own, as text. */
  readonly config: Readonly<Record<string, string>>
}

/** What a notation is: as it is configured, or what is always there under its name. */
export function typeOfNotation(
  notation: string,
  notations: Readonly<Record<string, NotationSettings>>,
): NotationType {
  return notations[notation]?.type ?? (notation as NotationType)
}

export interface FormatsParts {
  /** By the names that type strings use; they go before those that are always there. */
  readonly notations: Readonly<Record<string, NotationSettings>>
  /** The registry that a notation's schemas are in; undefined where none is configured for it. */
  readonly registryOf: (notation: string) => SchemaRegistry | undefined
  /** The name in the cluster of a topic of a definition; absent: the same. */
  readonly realTopic?: (name: string) => string
  readonly clock: Clock
  readonly logger: Logger
}

/** Topics whose writing schemas are kept; there are as many as a definition names, and what extractors make up. */
const writingsMax = 10_000

export class Formats {
  readonly #parts: FormatsParts
  readonly #waits: SchemaWaits
  readonly #writings = new Map<string, Writing>()

  constructor(parts: FormatsParts) {
    this.#parts = parts
    this.#waits = new SchemaWaits(parts)
  }

  /** Whether a schema is on its way: nothing is processed until it is here. */
  get waiting(): boolean {
    return this.#waits.waiting
  }

  /** @throws StreamError where a registry refused a schema that records are to be written with */
  check(): void {
    this.#waits.check()
  }

  /**
   * The serde of one side of a topic. A new object at each call: readers and writers learn from the records of one topic.
   *
   * @throws StreamError `TYPE_INVALID`, `CONFIG_INVALID`, `SCHEMA_INVALID`
   */
  serde(format: Format, topic: string, side: Side): Serde {
    const type = typeOfNotation(format.notation, this.#parts.notations)
    const language = languageOf(type)
    if (language === undefined)
      return serdeWithoutRegistry({ ...format, notation: type }, side, this.#configOf(format.notation))
    const registry = this.#parts.registryOf(format.notation)
    if (registry !== undefined) return this.#registrySerde({ registry, language, format, topic, side })
    if (type.includes('_')) throw withoutRegistry(format.notation)
    return schemaSerde(language, format, side)
  }

  /** How values of a format are text, where they are. @throws StreamError `SCHEMA_INVALID`, `CONFIG_INVALID` */
  text(format: Format): TextForm | undefined {
    const type = typeOfNotation(format.notation, this.#parts.notations)
    return textForm(type, format, this.#configOf(format.notation))
  }

  #registrySerde(parts: Omit<WritingParts, 'waits'>): Serde {
    const { format, topic, side } = parts
    const { notation, schema, source, topic: from } = format
    const key = JSON.stringify([notation, schema, source, from, topic, side])
    const { realTopic = (name) => name } = this.#parts
    const origin = from === undefined ? {} : { origin: realTopic(from) }
    const writing = this.#writings.get(key) ?? new Writing({ ...parts, ...origin, waits: this.#waits })
    if (this.#writings.size >= writingsMax) this.#writings.clear()
    this.#writings.set(key, writing)
    return registrySerde({ ...parts, waits: this.#waits, writing })
  }

  close(): void {
    this.#waits.close()
  }

  #configOf(notation: string): NotationSettings['config'] {
    return this.#parts.notations[notation]?.config ?? {}
  }
}

function serdeWithoutRegistry(format: Format, side: Side, config: NotationSettings['config']): Serde {
  switch (format.notation) {
    case 'csv':
      return csvSerde(format, csvOptions(config))
    case 'xml':
      return xmlSerde(format)
    case 'soap':
      return soapSerde(format)
    default:
      return serdeFor(format, side)
  }
}

function withoutRegistry(notation: string): StreamError {
  return new StreamError('CONFIG_INVALID', `notation "${notation}" has no schema registry`, {
    hint: 'Name one in the configuration: "schema.registry.url" or "apicurio.registry.url" of the notation, its registry or the Kafka section.',
  })
}
