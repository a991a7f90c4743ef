import type { LogLevel } from '../../base/logger.ts'
import { formatLogMessage } from '../log-message.ts'

/** `log` as JavaScript functions see it: messages with `{}` placeholders. */
export class JavaScriptLog {
  readonly #name: string
  readonly #write: (level: LogLevel, name: string, message: string) => void

  constructor(name: string, write: (level: LogLevel, name: string, message: string) => void) {
    this.#name = name
    this.#write = write
  }

  getName(): string {
    return this.#name
  }
  trace(message: unknown, ...args: unknown[]): void {
    this.#write('trace', this.#name, formatLogMessage(message, args))
  }
  debug(message: unknown, ...args: unknown[]): void {
    this.#write('debug', this.#name, formatLogMessage(message, args))
  }
  info(message: unknown, ...args: unknown[]): void {
    this.#write('info', this.#name, formatLogMessage(message, args))
  }
  warn(message: unknown, ...args: unknown[]): void {
    this.#write('warn', this.#name, formatLogMessage(message, args))
  }
  error(message: unknown, ...args: unknown[]): void {
    this.#write('error', this.#name, formatLogMessage(message, args))
  }
}
