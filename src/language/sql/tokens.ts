/** Words, names, literals and signs of a SQL text, with their places: enough to find topic names and to underline errors. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign'
  readonly start: number
  readonly end: number
  readonly text: string
}

const space = /\s+|--[^\n]*/y
const word = /[\p{L}_][\p{L}\p{N}_$]*/uy
const number = /(?:\d[\d_]*(?:[.]\d*)?|[.]\d+)(?:[eE][+-]?\d+)?/y
const quoted = /"(?:[^"]|"")*(?:"|$)/y
const string = /'(?:[^']|'')*(?:'|$)/y
const escapeString = /[eE]'(?:[^'\\]|\\[^]|'')*(?:'|$)/y
const dollarTag = /\$(?:[A-Za-z_]\w*)?\$/y
const sign = /::|<>|<=|>=|!=|\|\||[^]/y

/** The tokens of a text, comments and blanks left out. Never fails: what is not closed runs to the end. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const skipped = skipBlank(text, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const token = readToken(text, at)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** Behind blanks and comments; block comments nest. */
export function skipBlank(text: string, start: number): number {
  let at = start
  for (;;) {
    const next = text.startsWith('/*', at) ? skipBlockComment(text, at) : match(space, text, at)
    if (next === at) return at
    at = next
  }
}

function skipBlockComment(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const pair = text.slice(at, at + 2)
    if (pair !== '/*' && pair !== '*/') continue
    depth += pair === '/*' ? 1 : -1
    at++
    if (depth === 0) return at + 1
  }
  return text.length
}

function readToken(text: string, start: number): Token {
  const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
    ['string', escapeString],
    ['word', word],
    ['number', number],
    ['quoted', quoted],
    ['string', string],
  ]
  for (const [kind, pattern] of patterns) {
    const end = match(pattern, text, start)
    if (end > start) return { kind, start, end, text: text.slice(start, end) }
  }
  const tagEnd = match(dollarTag, text, start)
  if (tagEnd > start) {
    const close = text.indexOf(text.slice(start, tagEnd), tagEnd)
    const end = close < 0 ? text.length : close + tagEnd - start
    return { kind: 'string', start, end, text: text.slice(start, end) }
  }
  const end = match(sign, text, start)
  return { kind: 'sign', start, end, text: text.slice(start, end) }
}
