import { InvalidArgumentError, type Command } from 'commander'
import { parseDurationMs } from '../base/duration.ts'
import type { LogLevel } from '../base/logger.ts'
import { logLevels } from './logger.ts'

export const portMax = 65_535

/** Parsers of option values: commander turns their complaints into usage errors. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It takes a whole number.')
  return value
}

export function positiveWholeNumber(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('It takes a whole number above 0.')
  return value
}

export function portNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > portMax) throw new InvalidArgumentError(`It takes a port: 0 to ${portMax}.`)
  return value
}

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It takes a number above 0.')
  return value
}

export function durationMs(text: string): number {
  // A definition may leave the unit out, as those of Kafka Streams do; whoever types a command may mean seconds.
  if (/^[1-9]\d*$/.test(text.trim()))
    throw new InvalidArgumentError(`It takes a unit: ${text}ms, or ${text}s?`)
  try {
    return parseDurationMs(text)
  } catch {
    throw new InvalidArgumentError('It takes a duration such as 100ms, 5s or 1h30m.')
  }
}

/** A parser that refuses what is less than a minimum. */
export function atLeast(minimum: string, parse: (text: string) => number): (text: string) => number {
  const min = parse(minimum)
  return (text) => {
    const value = parse(text)
    if (value < min) throw new InvalidArgumentError(`It takes ${minimum} at least.`)
    return value
  }
}

/** `64MiB`, `1.5GiB`, `4096`. */
export function sizeBytes(text: string): number {
  const [, number, unit = ''] = /^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]i?B|B)?$/i.exec(text.trim()) ?? []
  const factor = sizeUnits[unit.toLowerCase().replace('ib', 'b')]
  if (number === undefined || factor === undefined) {
    throw new InvalidArgumentError('It takes a size such as 64MiB or 2GiB.')
  }
  return Math.round(Number(number) * factor)
}

/** Units mean powers of 1024 with and without the i. */
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
  tb: 1024 ** 4,
}

export function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => value === text)
    if (found === undefined) throw new InvalidArgumentError(`It takes one of ${allowed.join(', ')}.`)
    return found
  }
}

export interface LogOptions {
  readonly logLevel: LogLevel
  readonly logFormat: 'json' | 'text'
}

export function withLogging(command: Command, level: LogLevel): Command {
  return command
    .option('--log-level <level>', `what is logged: ${logLevels.join(', ')}`, oneOf(...logLevels), level)
    .option(
      '--log-format <format>',
      'json, or text for people',
      oneOf('json', 'text'),
      process.stderr.isTTY ? 'text' : 'json',
    )
}

export interface ClusterOptions {
  readonly bootstrap: string
  /** In ms; undefined: the client's default. */
  readonly connectTimeout?: number
  /** A file with Kafka's properties for the connection. */
  readonly commandConfig?: string
}

export function withConfig(command: Command): Command {
  return command.option(
    '--config <file>',
    'a KSML runner file, or the configuration of SQL pipelines: its notations, registries and definitions',
  )
}

export function withBootstrap(command: Command): Command {
  return withConnection(
    command.option(
      '--bootstrap <host:port,…>',
      'brokers to begin with',
      process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092',
    ),
  )
}

/** For a command that does something more where it is told of a cluster. */
export function withOptionalBootstrap(command: Command, purpose: string): Command {
  return withConnection(command.option('--bootstrap <host:port,…>', purpose))
}

export type OptionalClusterOptions = Partial<ClusterOptions>

function withConnection(command: Command): Command {
  return command
    .option(
      '--connect-timeout <duration>',
      'how long the first contact with the brokers is tried; 30s',
      durationMs,
    )
    .option(
      '--command-config <file>',
      "Kafka's properties for the connection: security.protocol, sasl.…, ssl.…",
    )
}
