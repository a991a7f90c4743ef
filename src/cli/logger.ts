import pino from 'pino'
import { systemClock } from '../base/clock.ts'
import { silentLogger, type LogFields, type Logger, type LogLevel } from '../base/logger.ts'
import type { Output } from './output.ts'

export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

/** The only maker of loggers: one JSON object a line, or text for people. */
export function createLogger(level: LogLevel, format: 'json' | 'text', output: Output): Logger {
  if (format === 'text')
    return textLogger({ level, line: (text) => output.note(`${timeOfDay()} ${text}`) }, {})
  // Through the output, as all else that a command says: so lines keep their order.
  const stream = { write: (line: string) => output.note(line.trimEnd()) }
  return fromPino(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream))
}

/** For what a command shows in a form of its own: logged where programs read the log; for people, once is enough. */
export function programLog(logger: Logger, format: 'json' | 'text'): Logger {
  return format === 'json' ? logger : silentLogger
}

/** For commands whose output is not a log: only what the user has to know, as text. */
export function warnings(output: Output): Logger {
  return textLogger({ level: 'warn', line: (text) => output.note(text) }, {})
}

/** `09:05:07.123`, where the reader is. */
function timeOfDay(): string {
  const now = new Date(systemClock.nowMs())
  return `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`
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

interface TextLog {
  readonly level: LogLevel
  readonly line: (text: string) => void
}

function textLogger(log: TextLog, context: LogFields): Logger {
  const threshold = logLevels.indexOf(log.level)
  const write =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(of) > threshold) return
      // A fact that there is not is no fact, as in JSON.
      const facts = Object.entries({ ...context, ...plain(fields) })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => ` ${name}=${fieldText(value)}`)
      log.line(`${of.padEnd(5)} ${message}${facts.join('')}`)
    }
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    trace: write('trace'),
    with: (fields) => textLogger(log, { ...context, ...fields }),
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
