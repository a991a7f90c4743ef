import { StreamError, errorCodes } from '../../base/errors.ts'
import type { ErrorCode, SourceSpan } from '../../base/errors.ts'
import type { LogFields, LogLevel } from '../../base/logger.ts'
import type { MetricSample } from '../../base/metrics.ts'
import type { CallBoard } from '../../functions/call-board.ts'
import type { SharedEngines } from '../../store/state-engines.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'
import type { ThreadStatus } from '../status.ts'
import type { BreakingRecord } from '../thread/breaking-records.ts'
import type { RestoreProgress } from '../thread/restorer.ts'

/** What a worker thread is started with; survives structured clone. */
export interface WorkerInput {
  readonly index: number
  readonly processId: string
  readonly isFirstLife: boolean
  readonly isLastLife: boolean
  readonly topology: Topology
  readonly options: ApplicationOptions
  readonly board: CallBoard
  readonly breaking: readonly BreakingRecord[]
  /** The process's stores on disk; absent: there are none. */
  readonly engines: SharedEngines | undefined
}

/** `begin`: the functions of all that starts together are compiled. */
export type ToWorker = { readonly kind: 'stop' | 'begin' }

export type FromWorker =
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  | { readonly kind: 'compiled' | 'opened' | 'committed' }
  | { readonly kind: 'breaking'; readonly record: BreakingRecord }
  | { readonly kind: 'restore'; readonly progress: RestoreProgress }
  | { readonly kind: 'status'; readonly status: ThreadStatus; readonly samples: readonly MetricSample[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: ErrorFacts }

/** A {@link StreamError} without its class, which structured clone would lose. */
export interface ErrorFacts {
  readonly code: ErrorCode
  readonly message: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly span: SourceSpan | undefined
  readonly others: readonly ErrorFacts[]
  /** A number: what a broker answered. */
  readonly cause: string | number | undefined
}

export function errorFacts(error: StreamError): ErrorFacts {
  const { code, message, detail, hint, span, others, cause } = error
  return { code, message, detail, hint, span, others: others.map(errorFacts), cause: causeFacts(cause) }
}

export function errorFrom({ code, message, detail, hint, span, others, cause }: ErrorFacts): StreamError {
  return new StreamError(code in errorCodes ? code : 'INVARIANT_BROKEN', message, {
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(span === undefined ? {} : { span }),
    others: others.map(errorFrom),
    ...(cause === undefined ? {} : { cause }),
  })
}

function causeFacts(cause: unknown): ErrorFacts['cause'] {
  return cause === undefined || typeof cause === 'number' ? cause : causeText(cause)
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
