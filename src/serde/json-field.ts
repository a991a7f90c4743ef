/** One field of a JSON object as text, for keys that are taken from values. */
import { cellKind, SlicedRow } from '../data/row.ts'
import { canonicalBytes } from './json/canonical.ts'
import { JsonRowReader } from './json/json-row-reader.ts'

/**
 * Gives a function that takes the field `name` out of a JSON object: a text as it is, everything else as keys of JSON are written, so
 * that equal values are one key and no digit of a long whole number is lost; null where the field is null or missing.
 *
 * The function throws StreamError `VALUE_MALFORMED` for what is no JSON object.
 */
export function jsonFieldText(name: string): (object: string) => string | null {
  const reader = new JsonRowReader([{ name, type: { kind: 'any' } }])
  const row = new SlicedRow(reader.shape)
  return (object) => {
    const bytes = Buffer.from(object)
    reader.read(bytes, 0, bytes.length, row)
    const kind = row.kinds[0]
    if (kind === cellKind.absent || kind === cellKind.null) return null
    if (kind === cellKind.text || kind === cellKind.escapedText || kind === cellKind.unicodeText)
      return row.get(0) as string
    return canonicalBytes(bytes.subarray(row.starts[0], row.ends[0])).toString()
  }
}
