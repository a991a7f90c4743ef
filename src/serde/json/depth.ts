import { depthMax } from './scan.ts'

/**
 * Whether JSON text is nested deeper than any reader of it goes: what is written has to be readable again.
 *
 * @param text - well-formed
 */
export function isTooDeep(text: string): boolean {
  // So much text it takes at least, which most values do not have.
  if (text.length <= 2 * depthMax) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = closingQuote(text, at + 1)
        break
      case 0x5b:
      case 0x7b:
        if (++depth > depthMax) return true
        break
      case 0x5d:
      case 0x7d:
        depth--
    }
  }
  return false
}

function closingQuote(text: string, start: number): number {
  for (let at = start; ;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return text.length
    let escapes = quote
    while (text.charCodeAt(escapes - 1) === 0x5c) escapes--
    if ((quote - escapes) % 2 === 0) return quote
    at = quote + 1
  }
}
