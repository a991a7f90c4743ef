/** Formats whose values are text, as conversions see them: values that become text of the format, text that becomes values. */
import type { NotationType } from '../data/notation-types.ts'
import type { Format } from '../data/types.ts'
import { csvColumns, csvOptions, readCsv, writeCsv } from './csv/csv-serde.ts'
import { canonicalText } from './json/canonical.ts'
import { textOfPlain } from './plain-text.ts'
import { xmlText } from './xml/xml-serde.ts'

export interface TextForm {
  /** Absent for JSON: types read it. Throws StreamError `VALUE_MALFORMED`. */
  readonly read?: (text: string) => unknown
  /** Throws StreamError `VALUE_TYPE_MISMATCH`. */
  readonly write: (value: unknown) => string
}

/**
 * @param config - options of the notation
 * @returns undefined for formats that are no text
 * @throws StreamError `SCHEMA_INVALID`, `CONFIG_INVALID`
 */
export function textForm(
  type: NotationType,
  format: Format,
  config: Readonly<Record<string, string>>,
): TextForm | undefined {
  switch (type) {
    case 'csv': {
      const names = format.source === undefined ? undefined : csvColumns(format.source.text)
      const options = csvOptions(config)
      return {
        read: (text) => readCsv(text, names, options),
        write: (value) => writeCsv(value, names, options),
      }
    }
    case 'xml':
      return xmlText(format)
    case 'json':
      // Text that becomes a key is one for values with the same fields, and that of KSML.
      return { write: (value) => canonicalText(textOfPlain(value)) }
    default:
      return undefined
  }
}

/** Of the notations that are always there. */
export function plainTextForm(format: Format): TextForm | undefined {
  return textForm(format.notation as NotationType, format, {})
}
