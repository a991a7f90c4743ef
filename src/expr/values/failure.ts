import { StreamError } from '../../base/errors.ts'

/** @throws StreamError `EXPRESSION_FAILED`; the message never holds a value of the record */
export function fail(message: string, hint?: string): never {
  throw new StreamError('EXPRESSION_FAILED', message, hint === undefined ? {} : { hint })
}
