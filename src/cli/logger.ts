import pino from 'pino'
import type { LogFields, Logger, LogLevel } from '../base/logger.ts'
import type { Output } from './output.ts'

export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

/** The only maker of loggers: one JSON object a line, or text for people. */
export function createLogger(level: LogLevel, format: 'json' | 'text', output: Output): Logger {
  return format === 'json'
    ? fromPino(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2)))
    : textLogger(level, output, {})
}

/** For commands whose output is not a log: only what the user has to know, as text. */
export function warnings(output: Output): Logger {
  return createLogger('warn', 'text', output)
}

function fromPino(logger: pino.Logger): Logger {
  return {
    error: (message, fields) => logger.error(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    debug: (message, fields) => logger.debug(plain(fields), message),
    trace: (message, fields) => logger.trace(plain(fields), message),
    with: (fields) => fromPino(logger.child(plain(fields))),
  }
}

function textLogger(level: LogLevel, output: Output, context: LogFields): Logger {
  const threshold = logLevels.indexOf(level)
  const write =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(of) > threshold) return
      const facts = Object.entries({ ...context, ...plain(fields) }).map(
        ([name, value]) => ` ${name}=${fieldText(value)}`,
      )
      output.note(`${of.padEnd(5)} ${message}${facts.join('')}`)
    }
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    trace: write('trace'),
    with: (fields) => textLogger(level, output, { ...context, ...fields }),
  }
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return /[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text
}

/** Errors do not survive JSON by themselves. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  )
}
