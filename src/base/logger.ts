/**
 * What every layer logs to. The library takes a logger; only the command line makes one.
 *
 * Messages are short lower-case fragments, facts go into fields. `error`: loss, corruption, a broken invariant;
 * `warn`: heals itself but should not happen; `info`: life cycle; `debug`: per commit; `trace`: per record.
 * Values of records and secrets are never logged; what code of a user says, the text of its exceptions among it, is, as it is said.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  trace(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger
}

export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'

export const silentLogger: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  trace: () => {},
  with: () => silentLogger,
}
