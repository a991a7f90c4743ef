/** One record in CSV text, as RFC 4180 has it. */
import { StreamError } from '../../base/errors.ts'

export interface CsvStyle {
  /** One character. */
  readonly separator: string
  /** One character. */
  readonly quote: string
}

/** More columns than this are no record. */
const columnsMax = 100_000

/**
 * Reads the first record that is not empty and no comment (`#`). A quoted field may hold separators, line ends, and its quote doubled.
 *
 * @returns an empty list where there is none
 * @throws StreamError `VALUE_MALFORMED` for a quote that is not closed, or text behind a closed one
 */
export function readCsvRecord(
  text: string,
  style: CsvStyle,
  from = 0,
): { readonly fields: string[]; readonly end: number } {
  let at = from
  while (at < text.length) {
    const lineEnd = endOfLine(text, at)
    const line = text.slice(at, lineEnd)
    if (line.trim() !== '' && !line.startsWith('#')) return readFields(text, at, style)
    at = lineEnd + 1
  }
  return { fields: [], end: text.length }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function readFields(text: string, from: number, style: CsvStyle): { fields: string[]; end: number } {
  const fields: string[] = []
  let at = from
  for (;;) {
    const { value, end } =
      text.charAt(at) === style.quote ? readQuoted(text, at, style) : readPlain(text, at, style)
    fields.push(value)
    if (fields.length > columnsMax) throw malformed(`it has more than ${columnsMax} columns`)
    if (text.charAt(end) !== style.separator) return { fields, end: end + 1 }
    at = end + 1
  }
}

function readPlain(text: string, from: number, { separator }: CsvStyle): { value: string; end: number } {
  let end = from
  while (end < text.length && text.charAt(end) !== separator && text.charAt(end) !== '\n') end++
  const value = text.slice(from, end)
  return { value: value.endsWith('\r') ? value.slice(0, -1) : value, end }
}

function readQuoted(
  text: string,
  from: number,
  { quote, separator }: CsvStyle,
): { value: string; end: number } {
  let value = ''
  let at = from + 1
  for (;;) {
    const close = text.indexOf(quote, at)
    if (close < 0) throw malformed('a quote is not closed')
    value += text.slice(at, close)
    at = close + 1
    if (text.charAt(at) !== quote) break
    value += quote
    at++
  }
  if (text.charAt(at) === '\r') at++
  const next = text.charAt(at)
  if (next !== '' && next !== separator && next !== '\n') throw malformed('text follows a closed quote')
  return { value, end: at }
}

/** Every value in quotes, as KSML writes them. */
export function writeCsvRecord(fields: readonly string[], { separator, quote }: CsvStyle): string {
  return fields.map((field) => quote + field.replaceAll(quote, quote + quote) + quote).join(separator)
}

function malformed(why: string): StreamError {
  return new StreamError('VALUE_MALFORMED', `value is not CSV: ${why}`)
}
