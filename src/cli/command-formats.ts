/** The formats of a command, by the notations of a configuration, with the clients of their registries. */
import { sleep, systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { parseTypeTree } from '../data/type-strings.ts'
import type { Format } from '../data/types.ts'
import type { Side } from '../registry/contracts.ts'
import { Formats, typeOfNotation, type NotationSettings } from '../serde/formats.ts'
import { languageOf } from '../serde/notations.ts'
import { Registries } from '../serde/registries.ts'
import type { Serde } from '../serde/serde.ts'
import type { DefinitionSource } from './definitions.ts'
import { schemaBook } from './schema-files.ts'

const pollMs = 20

export class CommandFormats implements AsyncDisposable {
  readonly #notations: Readonly<Record<string, NotationSettings>>
  readonly #registries: Registries
  readonly #formats: Formats

  constructor(notations: Readonly<Record<string, NotationSettings>>, logger: Logger) {
    const registries = new Registries({ notations, clock: systemClock, random: systemRandom })
    this.#notations = notations
    this.#registries = registries
    this.#formats = new Formats({
      notations,
      registryOf: (notation) => registries.of(notation),
      clock: systemClock,
      logger,
    })
  }

  /** Whether values have a schema, so that they are no text and JSON is none of them. */
  hasSchemas({ notation }: Format): boolean {
    return languageOf(typeOfNotation(notation, this.#notations)) !== undefined
  }

  /** As {@link Formats.serde}. */
  serde(format: Format, topic: string, side: Side): Serde {
    return this.#formats.serde(format, topic, side)
  }

  /**
   * Waits until the schemas that were asked for are here, or the signal ends it.
   *
   * @throws StreamError what the registry refused
   */
  async settled(signal: AbortSignal): Promise<void> {
    while (this.#formats.waiting && !signal.aborted) await sleep(systemClock, pollMs, signal)
    this.#formats.check()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#formats.close()
    await this.#registries.close()
  }
}

/**
 * The format that a type string of the command line means, by the schemas beside the configuration.
 *
 * @throws StreamError `TYPE_INVALID`, `SCHEMA_NOT_FOUND`, `SCHEMA_INVALID`
 */
export function formatOfType(
  type: string,
  { notations = {}, schemaFolder = '.' }: Pick<DefinitionSource, 'notations' | 'schemaFolder'>,
): Format {
  const book = schemaBook(schemaFolder, notations)
  const { format } = parseTypeTree(type, book.names)
  const source = format.schema === undefined ? undefined : book.find(format.notation, format.schema)?.source
  return source === undefined ? format : { ...format, source }
}
