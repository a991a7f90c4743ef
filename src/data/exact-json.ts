/** JSON without loss of whole numbers: beyond 2^53 they are `bigint`. */

/** So many digits may be more than a double holds. */
const longDigits = 16
const wholeNumber = /^-?\d+$/

/** The number that a JSON number's text means. */
export function parseJsonNumber(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) || !wholeNumber.test(text) ? value : BigInt(text)
}

/** Parses JSON text. @throws SyntaxError as `JSON.parse` does */
export function parseJson(text: string): unknown {
  if (!hasLongNumber(text)) return JSON.parse(text)
  return JSON.parse(text, (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? parseJsonNumber(context.source) : value,
  )
}

/** Whether the text has 16 digits in a row: one of them stands at every 16th place, and the rest is not looked at. */
function hasLongNumber(text: string): boolean {
  for (let at = longDigits - 1; at < text.length; at += longDigits) {
    if (!isDigit(text, at)) continue
    let [first, last] = [at, at]
    while (isDigit(text, first - 1)) first--
    while (isDigit(text, last + 1)) last++
    if (last - first + 1 >= longDigits) return true
    at = last + 1
  }
  return false
}

/** Beyond either end of the text there is none. */
function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}
