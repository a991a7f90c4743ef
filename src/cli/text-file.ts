import { readFileSync } from 'node:fs'
import { StreamError } from '../base/errors.ts'

/** A file of UTF-8. @throws StreamError `FILE_UNREADABLE` */
export function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}"`, {
      ...(error instanceof TypeError
        ? { detail: 'It is not UTF-8.', hint: 'Save it as UTF-8.' }
        : { detail: error instanceof Error ? error.message : '', hint: 'Check the path.' }),
      cause: error,
    })
  }
}
