/** JSON without loss of whole numbers: beyond 2^53 they are `bigint`. */

const longInteger = /\d{16}/
const wholeNumber = /^-?\d+$/

/** The number that a JSON number's text means. */
export function parseJsonNumber(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) || !wholeNumber.test(text) ? value : BigInt(text)
}

/** Parses JSON text. @throws SyntaxError as `JSON.parse` does */
export function parseJson(text: string): unknown {
  if (!longInteger.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? parseJsonNumber(context.source) : value,
  )
}
