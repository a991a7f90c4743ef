/**
 * The one error type of this code base, and the register of its codes.
 *
 * A caller decides by `domain` and `retry`; a reader is helped by `message`, `detail` and `hint`;
 * a searcher finds `code`. New failures add a row to the register, not a class.
 */

/** Who can put it right: the author of a definition, someone outside this process, or us. */
export type ErrorDomain = 'user' | 'external' | 'internal'

/** What a supervisor may do next: never try again, try at once, or wait and try. */
export type RetryAdvice = 'never' | 'now' | 'backoff'

interface CodeFacts {
  readonly domain: ErrorDomain
  readonly retry: RetryAdvice
}

/** Every code there is. The reference page is generated from this table, and a test reads both. */
export const errorCodes = {
  // the command line and its surroundings
  USAGE_INVALID: { domain: 'user', retry: 'never' },
  FILE_UNREADABLE: { domain: 'user', retry: 'never' },
  CONFIG_INVALID: { domain: 'user', retry: 'never' },
  // definitions
  YAML_INVALID: { domain: 'user', retry: 'never' },
  DEFINITION_INVALID: { domain: 'user', retry: 'never' },
  NAME_NOT_FOUND: { domain: 'user', retry: 'never' },
  TYPE_INVALID: { domain: 'user', retry: 'never' },
  SQL_INVALID: { domain: 'user', retry: 'never' },
  NOT_SUPPORTED: { domain: 'user', retry: 'never' },
  SQL_NOT_SUPPORTED: { domain: 'user', retry: 'never' },
  VARIABLE_MISSING: { domain: 'user', retry: 'never' },
  TOPOLOGY_INVALID: { domain: 'user', retry: 'never' },
  JOIN_NOT_COPARTITIONED: { domain: 'user', retry: 'never' },
  // records
  VALUE_MALFORMED: { domain: 'user', retry: 'never' },
  VALUE_TYPE_MISMATCH: { domain: 'user', retry: 'never' },
  EXPRESSION_FAILED: { domain: 'user', retry: 'never' },
  FUNCTION_FAILED: { domain: 'user', retry: 'never' },
  FUNCTION_INVALID: { domain: 'user', retry: 'never' },
  INTERPRETER_FAILED: { domain: 'external', retry: 'now' },
  BUFFER_FULL: { domain: 'user', retry: 'never' },
  RECORD_TOO_LARGE: { domain: 'user', retry: 'never' },
  RECORD_REFUSED: { domain: 'user', retry: 'never' },
  // Kafka
  TOPIC_MISSING: { domain: 'user', retry: 'never' },
  TOPIC_INVALID: { domain: 'user', retry: 'never' },
  TOPICS_TOO_MANY: { domain: 'user', retry: 'never' },
  BROKER_UNREACHABLE: { domain: 'external', retry: 'backoff' },
  CONNECTION_CLOSED: { domain: 'external', retry: 'backoff' },
  REQUEST_TIMED_OUT: { domain: 'external', retry: 'backoff' },
  API_NOT_SUPPORTED: { domain: 'external', retry: 'never' },
  KAFKA_RETRIABLE: { domain: 'external', retry: 'backoff' },
  KAFKA_FATAL: { domain: 'external', retry: 'never' },
  NOT_AUTHORIZED: { domain: 'user', retry: 'never' },
  AUTHENTICATION_FAILED: { domain: 'user', retry: 'never' },
  OFFSET_OUT_OF_RANGE: { domain: 'external', retry: 'never' },
  LOG_TRUNCATED: { domain: 'external', retry: 'never' },
  BATCH_CORRUPT: { domain: 'external', retry: 'never' },
  PROTOCOL_MALFORMED: { domain: 'external', retry: 'never' },
  PRODUCER_FENCED: { domain: 'external', retry: 'now' },
  MEMBER_FENCED: { domain: 'external', retry: 'now' },
  TRANSACTION_ABORTABLE: { domain: 'external', retry: 'now' },
  TRANSACTION_OUTCOME_UNKNOWN: { domain: 'external', retry: 'now' },
  TRANSACTION_TOO_SLOW: { domain: 'user', retry: 'never' },
  // schema registries
  REGISTRY_UNREACHABLE: { domain: 'external', retry: 'backoff' },
  REGISTRY_REFUSED: { domain: 'external', retry: 'never' },
  SCHEMA_NOT_FOUND: { domain: 'user', retry: 'never' },
  SCHEMA_INVALID: { domain: 'user', retry: 'never' },
  SCHEMA_NOT_HERE: { domain: 'external', retry: 'now' },
  SCHEMA_INCOMPATIBLE: { domain: 'user', retry: 'never' },
  // state
  STORE_DRIVER_MISSING: { domain: 'user', retry: 'never' },
  STORE_FULL: { domain: 'user', retry: 'never' },
  STORE_CORRUPT: { domain: 'external', retry: 'never' },
  STORE_IN_USE: { domain: 'external', retry: 'backoff' },
  STORE_UNWRITABLE: { domain: 'user', retry: 'never' },
  STATE_LOCKED: { domain: 'user', retry: 'never' },
  STATE_VERSION: { domain: 'user', retry: 'never' },
  STORE_CHANGED: { domain: 'user', retry: 'never' },
  CHANGE_LOG_LOST: { domain: 'user', retry: 'never' },
  // the embedded broker's data folder
  DATA_FOLDER_LOCKED: { domain: 'user', retry: 'never' },
  DATA_FOLDER_VERSION: { domain: 'user', retry: 'never' },
  DATA_FOLDER_CORRUPT: { domain: 'external', retry: 'never' },
  DATA_FOLDER_UNUSABLE: { domain: 'user', retry: 'never' },
  DISK_FULL: { domain: 'external', retry: 'backoff' },
  // the process
  PORT_IN_USE: { domain: 'user', retry: 'never' },
  INTERRUPTED: { domain: 'external', retry: 'never' },
  INVARIANT_BROKEN: { domain: 'internal', retry: 'never' },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof errorCodes

/** Where in the author's file the trouble is; lines and columns count from 1. */
export interface SourceSpan {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
}

export interface StreamErrorOptions {
  /** Whole sentences of fact that would make the message too long. */
  readonly detail?: string
  /** What to do about it, as an order the reader can follow. */
  readonly hint?: string
  readonly span?: SourceSpan
  /** What else is wrong and was found with it. */
  readonly others?: readonly StreamError[]
  readonly cause?: unknown
}

export class StreamError extends Error {
  override readonly name: string = 'StreamError'
  readonly code: ErrorCode
  readonly domain: ErrorDomain
  readonly retry: RetryAdvice
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly span: SourceSpan | undefined
  readonly others: readonly StreamError[]

  /** @param message - short, factual, lower case, no full stop: `could not open store "orders"` */
  constructor(code: ErrorCode, message: string, options: StreamErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.domain = errorCodes[code].domain
    this.retry = errorCodes[code].retry
    this.detail = options.detail
    this.hint = options.hint
    this.span = options.span
    this.others = options.others ?? []
  }
}

/** The same error with one more sentence of fact behind its detail: what only this boundary knows. */
export function addDetail(error: StreamError, sentence: string): StreamError {
  return withFacts(error, { detail: error.detail === undefined ? sentence : `${error.detail} ${sentence}` })
}

/** The same error with its place in the author's file, where it names none. */
export function placedAt(error: StreamError, span: SourceSpan): StreamError {
  return error.span === undefined ? withFacts(error, { span }) : error
}

/** The same error with some of its facts replaced; its cause is what it was made from, or itself. */
export function withFacts(
  error: StreamError,
  facts: Pick<StreamErrorOptions, 'detail' | 'span' | 'others'>,
): StreamError {
  const { code, message, detail, hint, span, others, cause } = error
  return new StreamError(code, message, {
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(span === undefined ? {} : { span }),
    others,
    cause: cause ?? error,
    ...facts,
  })
}

/** Turns anything thrown into a {@link StreamError}; what is not one already is our own bug. */
export function toStreamError(thrown: unknown): StreamError {
  if (thrown instanceof StreamError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StreamError('INVARIANT_BROKEN', message, { cause: thrown })
}
