import { readFileSync } from 'node:fs'

/** The text that an excerpt is taken from; nothing where the file is gone. */
export function sourceText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
