import { printable, renderExcerpt } from '../../language/diagnostic.ts'
import { sourceText } from './source-text.ts'
import { StreamError, toStreamError, type ErrorCode } from '../../base/errors.ts'

/** What the process says about itself to whoever started it. */
export const exitCode = { done: 0, failed: 1, wrong: 2 } as const

/** Codes that mean that the definition, the configuration or the call is wrong, rather than that something failed on the way. */
const wrongCodes: ReadonlySet<ErrorCode> = new Set([
  'USAGE_INVALID',
  'FILE_UNREADABLE',
  'CONFIG_INVALID',
  'YAML_INVALID',
  'DEFINITION_INVALID',
  'NAME_NOT_FOUND',
  'TYPE_INVALID',
  'SQL_INVALID',
  'NOT_SUPPORTED',
  'SQL_NOT_SUPPORTED',
  'VARIABLE_MISSING',
  'TOPOLOGY_INVALID',
  'FUNCTION_INVALID',
  'JOIN_NOT_COPARTITIONED',
  'TOPIC_MISSING',
  'TOPIC_INVALID',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_INVALID',
  'STORE_DRIVER_MISSING',
  'STORE_UNWRITABLE',
  'DATA_FOLDER_UNUSABLE',
])

/** @param ran - whether something had been running: what goes wrong then, a topic that is deleted too, has failed on the way */
export function exitCodeOf(error: StreamError, ran = false): number {
  return wrongCodes.has(error.code) && !ran ? exitCode.wrong : exitCode.failed
}

/**
 * The text of an error for the person who must act: what, the place in their file, the fact, what to do; then that of what else was found.
 * Our own bugs show where they are.
 */
export function renderError(thrown: unknown): string {
  const error = toStreamError(thrown)
  return [error, ...error.others].map(renderOne).join('\n\n')
}

function renderOne(error: StreamError): string {
  const place = error.span === undefined ? '' : `${error.span.file}:${error.span.line}:${error.span.column}  `
  const lines = [`${place}error  ${error.code}`, error.message]
  const excerpt = error.span === undefined ? [] : renderExcerpt(error.span, sourceText(error.span.file))
  if (excerpt.length > 0) lines.push('', ...excerpt)
  const causes = causesOf(error)
  if (error.detail !== undefined || error.hint !== undefined || causes.length > 0) lines.push('')
  if (error.detail !== undefined && error.detail !== '') lines.push(error.detail)
  for (const cause of causes) lines.push(`Cause: ${cause}`)
  if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`)
  if (error.code === 'INVARIANT_BROKEN') lines.push('This is a defect of weft itself.', ...stackOf(error))
  return printable(lines.join('\n'))
}

/**
 * The chain of our own errors below this one, but for those of which all has been said; what lies below those is in their
 * detail already.
 */
function causesOf(error: StreamError): string[] {
  const causes: string[] = []
  let said = textOf(error).toLowerCase()
  for (let cause = error.cause; cause instanceof StreamError; cause = cause.cause) {
    const parts = [cause.message, cause.detail ?? '']
    if (parts.every((part) => said.includes(part.toLowerCase()))) continue
    causes.push(textOf(cause))
    said += textOf(cause).toLowerCase()
  }
  return causes
}

function textOf({ message, detail }: StreamError): string {
  return detail === undefined ? message : `${message}. ${detail}`
}

function stackOf(error: StreamError): string[] {
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack
  return stack === undefined ? [] : [stack]
}
