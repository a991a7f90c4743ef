/**
 * Topic names in SQL: `FROM shop.orders.v1` reads the topic `shop.orders.v1`, and a name may be a reserved word. DuckDB would take dots
 * for schemas, so each name after FROM or JOIN is put in double quotes before it sees the text.
 */
import { skipBlank, tokenize, type Token } from './tokens.ts'

/** A text for DuckDB, and the way back to the author's. */
export interface QuotedQuery {
  readonly text: string
  readonly tokens: readonly Token[]
  /** The place in the author's text that a place in `text` stands for. */
  original(offset: number): number
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

const topicName = /[\p{L}\p{N}_.]+/uy
const quotedPart = /"(?:[^"]|"")*"/y
const notNames = new Set(['lateral', 'values', 'select'])

export function quoteTopicNames(text: string): QuotedQuery {
  const tokens = tokenize(text)
  const edits = tableKeywords(tokens).flatMap((token) => editOf(text, skipBlank(text, token.end)))
  const pieces: string[] = []
  const borders: { readonly to: number; readonly toEnd: number; readonly edit: Edit }[] = []
  let at = 0
  let length = 0
  for (const edit of edits) {
    pieces.push(text.slice(at, edit.start), edit.replacement)
    const to = length + edit.start - at
    borders.push({ to, toEnd: to + edit.replacement.length, edit })
    length = to + edit.replacement.length
    at = edit.end
  }
  pieces.push(text.slice(at))
  return {
    text: pieces.join(''),
    tokens,
    original: (offset) => {
      const border = borders.findLast(({ to }) => to <= offset)
      if (border === undefined) return offset
      return offset < border.toEnd ? border.edit.start : border.edit.end + offset - border.toEnd
    },
  }
}

/** The FROM and JOIN words that a table follows; not those of EXTRACT, TRIM, SUBSTRING and IS DISTINCT FROM. */
function tableKeywords(tokens: readonly Token[]): readonly Token[] {
  const selecting: boolean[] = [false]
  return tokens.filter((token, index) => {
    if (token.text === '(') selecting.push(false)
    else if (token.text === ')') selecting.pop()
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return false
    const keyword = token.text.toLowerCase()
    if (keyword === 'select') selecting[selecting.length - 1] = true
    if (keyword === 'join') return true
    const distinct = tokens[index - 1]?.text.toLowerCase() === 'distinct'
    return keyword === 'from' && !distinct && (selecting.at(-1) === true || index === 0)
  })
}

function editOf(text: string, start: number): readonly Edit[] {
  const parts: string[] = []
  let end = start
  for (;;) {
    quotedPart.lastIndex = end
    topicName.lastIndex = end
    const match = quotedPart.exec(text) ?? topicName.exec(text)
    if (match === null) break
    parts.push(match[0])
    end += match[0].length
    // A quoted part may be joined to the next by a dot; an unquoted one swallows its dots.
    if (text[end] === '.' && text[end + 1] === '"') {
      parts.push('.')
      end++
    } else if (!match[0].endsWith('.')) break
  }
  const name = parts.map((part) => (part.startsWith('"') ? part.slice(1, -1) : part)).join('')
  if (parts.length === 0 || notNames.has(name.toLowerCase()) || text[skipBlank(text, end)] === '(') return []
  return [{ start, end, replacement: `"${name}"` }]
}
