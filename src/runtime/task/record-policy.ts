import { leftOutHint } from '../../base/left-out-hint.ts'
import { StreamError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { RawRecord } from '../../process/environment.ts'
import type { RecordStage } from '../options.ts'

const stages: Partial<Record<ErrorCode, RecordStage>> = {
  VALUE_MALFORMED: 'decode',
  SCHEMA_INCOMPATIBLE: 'decode',
  SCHEMA_NOT_FOUND: 'decode',
  SCHEMA_INVALID: 'decode',
  FUNCTION_FAILED: 'function',
  EXPRESSION_FAILED: 'function',
  VALUE_TYPE_MISMATCH: 'encode',
  RECORD_TOO_LARGE: 'produce',
  RECORD_REFUSED: 'produce',
}

/** At which stage a record failed; undefined where the trouble is not the record's. */
export function stageOf(error: StreamError): RecordStage | undefined {
  return stages[error.code]
}

/** The same error with the record's coordinates; never its contents. */
export function withCoordinates(error: StreamError, raw: RawRecord, taskId: string): StreamError {
  const place = `Topic "${raw.topic}", partition ${raw.partition}, offset ${raw.offset}, task ${taskId}.`
  return new StreamError(error.code, error.message, {
    detail: error.detail === undefined ? place : `${error.detail} ${place}`,
    ...hintFor(error),
    ...(error.span === undefined ? {} : { span: error.span }),
    cause: error.cause ?? error,
  })
}

function hintFor(error: StreamError): { readonly hint?: string } {
  if (error.hint !== undefined) return { hint: error.hint }
  if (stageOf(error) !== 'decode') return {}
  return {
    hint: `Mend what writes it, or ${leftOutHint}`,
  }
}
