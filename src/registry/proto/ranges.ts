import type { TokenReader } from './tokens.ts'

export interface Ranges {
  readonly names: readonly string[]
  /** Both ends belong to the range. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
}

/** `reserved` and `extensions` after their first word, without options; takes the semicolon unless `[` comes. */
export function parseRanges(reader: TokenReader, max: number): Ranges {
  const names: string[] = []
  const ranges: { start: number; end: number }[] = []
  do {
    if (reader.next.kind === 'string') names.push(reader.string())
    else if (reader.next.kind === 'word') names.push(reader.word())
    else {
      const start = reader.integer()
      const end = !reader.accept('to') ? start : reader.accept('max') ? max : reader.integer()
      ranges.push({ start, end })
    }
  } while (reader.accept(','))
  if (reader.next.text !== '[') reader.expect(';')
  return { names, ranges }
}
