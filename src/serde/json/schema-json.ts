/** JSON of schemas that people write: what is wrong with it is told by line and column. */
import { StreamError } from '../../base/errors.ts'
import { checkJson } from './scan.ts'

/**
 * Why the text of a schema is not JSON, without repeating it.
 *
 * @param what - what the text should be, such as "an Avro schema"
 * @param cause - what parsing it threw
 */
export function notJson(what: string, text: string, cause: unknown): StreamError {
  return new StreamError('SCHEMA_INVALID', `${what} is not JSON`, { detail: whyNot(text), cause })
}

function whyNot(text: string): string {
  if (text.trim() === '') return 'The text is empty.'
  const bytes = Buffer.from(text)
  try {
    checkJson(bytes, 0, bytes.length)
  } catch (error) {
    const [, why = '', at = '0'] =
      /^value is not JSON: (.*) at byte (\d+)$/s.exec((error as Error).message) ?? []
    const lines = bytes.subarray(0, Number(at)).toString().split('\n')
    const column = (lines.at(-1) ?? '').length + 1
    if (why !== '') return `Line ${lines.length}, column ${column}: ${why}.`
  }
  return 'It cannot be parsed.'
}
