import type { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { RawRecord } from '../../process/environment.ts'

/** Rows that are told one by one; from then on their sum is, each time that it has doubled. */
const toldMax = 10

/**
 * Tells of rows that a global table is without. They are no dead letters: every thread reads its copy anew at each start, and would write each
 * letter again.
 */
export class LeftOutRows {
  readonly #table: string
  readonly #logger: Logger
  #rows = 0
  #told = 0

  constructor(table: string, logger: Logger) {
    this.#table = table
    this.#logger = logger
  }

  note({ topic, partition, offset }: RawRecord, { code, message, detail }: StreamError): void {
    this.#rows += 1
    if (this.#rows >= 2 * Math.max(this.#told, toldMax)) this.sumUp()
    if (this.#rows > toldMax) return
    this.#told = this.#rows
    this.#logger.warn('a row is left out of a table that each thread reads anew, and is no dead letter', {
      table: this.#table,
      topic,
      partition,
      offset,
      code,
      error: message,
      ...(detail === undefined ? {} : { detail }),
    })
  }

  /** Says how many there were, where more have come than were told. */
  sumUp(): void {
    if (this.#rows === this.#told) return
    this.#told = this.#rows
    this.#logger.warn('rows are left out of a table', { table: this.#table, rows: this.#rows })
  }
}
