import type { Clock } from '../../src/base/clock.ts'
import type { LogFields, Logger } from '../../src/base/logger.ts'

/** One thing that happened. */
export interface TraceLine {
  readonly text: string
  readonly what: string
}

/** What happened in a run, line by line, in virtual time: for a person to follow, and for a test to compare. */
export class Trace {
  readonly lines: TraceLine[] = []
  #clock: Clock | undefined = undefined
  #startMs = 0

  begin(clock: Clock): void {
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  /** @param who - `p1`, `broker`, `scenario` */
  add(who: string, what: string): void {
    const atMs = (this.#clock?.monotonicMs() ?? 0) - this.#startMs
    this.lines.push({ text: `${(atMs / 1000).toFixed(3).padStart(9)} s  ${who.padEnd(10)} ${what}`, what })
  }

  logger(who = 'broker', bound: LogFields = {}): Logger {
    const at = (message: string, fields?: LogFields): void => {
      const { process, ...rest } = { ...bound, ...fields }
      this.add(typeof process === 'string' ? process : who, `${message} ${said(rest)}`)
    }
    return {
      error: at,
      warn: at,
      info: at,
      debug: at,
      trace: at,
      with: (fields) => this.logger(who, { ...bound, ...fields }),
    }
  }
}

function said(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : shown(value)}`)
    .join(' ')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
