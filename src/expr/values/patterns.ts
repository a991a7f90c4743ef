import { fail } from './failure.ts'
import { codePointLength, lowerText } from './text.ts'

export type Matcher = (text: string) => boolean

/**
 * A test for SQL's LIKE: `%` is any text, `_` one code point, and `escape` takes the meaning from the next character.
 * The usual shapes, where `%` stands at the ends only, become a plain search.
 */
export function likeMatcher(pattern: string, escape: string | undefined): Matcher {
  if (escape !== undefined && codePointLength(escape) > 1)
    fail('the escape of LIKE is one character, or none')
  const body = /^(%?)([^%_]*)(%?)$/.exec(pattern)
  if (body === null || (escape !== undefined && pattern.includes(escape)))
    return likeExpression(pattern, escape)
  return plainMatcher(body[1] !== '', body[2] ?? '', body[3] !== '')
}

/** Of a pattern that is plain text, open at its ends or not. */
function plainMatcher(open: boolean, core: string, close: boolean): Matcher {
  if (core === '') return open || close ? () => true : (text) => text === ''
  if (open && close) return (text) => text.includes(core)
  if (open) return (text) => text.endsWith(core)
  return close ? (text) => text.startsWith(core) : (text) => text === core
}

function likeExpression(pattern: string, escape: string | undefined): Matcher {
  let source = ''
  let escaped = false
  for (const letter of pattern) {
    if (!escaped && letter === escape) escaped = true
    else {
      source += escaped ? literal(letter) : (wildcards[letter] ?? literal(letter))
      escaped = false
    }
  }
  if (escaped) fail('a LIKE pattern ends with its escape character')
  const expression = new RegExp(`^${source}$`, 'su')
  return (text) => expression.test(text)
}

const wildcards: Readonly<Record<string, string>> = { '%': '.*', _: '.' }

function literal(letter: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter
}

/** LIKE without regard to case. */
export function insensitiveLikeMatcher(pattern: string, escape: string | undefined): Matcher {
  const matches = likeMatcher(lowerText(pattern), escape)
  return (text) => matches(lowerText(text))
}

/**
 * A test for a regular expression, anywhere in the text or over the whole of it.
 *
 * @param options - DuckDB's letters: `i` no case, `c` case, `s` a dot takes line ends too, `m`, `n` and `p` by line
 */
export function expressionMatcher(pattern: string, options: string, whole: boolean): Matcher {
  const flags = `u${options.includes('i') ? 'i' : ''}${options.includes('s') ? 's' : ''}${/[mnp]/.test(options) ? 'm' : ''}`
  const expression = parseExpression(whole ? `^(?:${pattern})$` : pattern, flags)
  return (text) => expression.test(text)
}

function parseExpression(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    return fail('a regular expression is not one that Weft reads; it takes the syntax of ECMAScript')
  }
}

/** Keeps the matcher of the last pattern: a pattern that comes from a column seldom changes from row to row. */
export function rememberLast(make: (pattern: string) => Matcher): (text: string, pattern: string) => boolean {
  let last: string | undefined
  let matcher: Matcher = () => false
  return (text, pattern) => {
    if (pattern !== last) {
      matcher = make(pattern)
      last = pattern
    }
    return matcher(text)
  }
}
