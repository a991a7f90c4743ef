import type { SourceSpan } from '../../base/errors.ts'
import type { EmbeddedText } from '../query-definition.ts'
import { childrenOf, type AstExpr } from './ast.ts'
import type { Token } from './tokens.ts'
import type { QuotedQuery } from './topic-names.ts'

/** From places in what DuckDB saw to places in the author's file. */
export class QueryPlaces {
  readonly #query: EmbeddedText
  readonly #quoted: QuotedQuery
  /** Offsets of characters by bytes; empty where all characters are one byte. */
  readonly #characters: readonly number[]

  constructor(query: EmbeddedText, quoted: QuotedQuery) {
    this.#query = query
    this.#quoted = quoted
    this.#characters = characterOffsets(quoted.text)
  }

  get tokens(): readonly Token[] {
    return this.#quoted.tokens
  }

  /** The word or dotted name at a byte of DuckDB's text; the whole query where the byte is not known. */
  at(byte: number | undefined): SourceSpan {
    const offset = byte === undefined ? undefined : this.#offset(byte)
    if (offset === undefined) return this.#query.span
    const index = this.tokens.findLastIndex((token) => token.start <= offset)
    const token = this.tokens[index]
    if (token === undefined || token.end <= offset) return this.#query.locate(offset, 1)
    return this.#query.locate(token.start, this.#nameEnd(index) - token.start)
  }

  /** Where an expression begins, or the first part of it whose place is known. */
  of(expr: AstExpr): SourceSpan {
    const byte = this.#firstByte(expr)
    return byte === undefined ? this.#query.span : this.at(byte)
  }

  /** Whether an expression begins with a name in double quotes. */
  isQuoted(expr: AstExpr): boolean {
    const byte = this.#firstByte(expr)
    const offset = byte === undefined ? undefined : this.#offset(byte)
    return this.tokens.some(({ kind, start }) => kind === 'quoted' && start === offset)
  }

  /** The place of a token. */
  token(token: Token): SourceSpan {
    return this.#query.locate(token.start, token.end - token.start)
  }

  /** The first word outside of parentheses with this text. */
  keyword(word: string): SourceSpan {
    let depth = 0
    for (const token of this.tokens) {
      if (token.text === '(') depth++
      else if (token.text === ')') depth--
      else if (depth === 0 && token.kind === 'word' && token.text.toLowerCase() === word)
        return this.token(token)
    }
    return this.#query.span
  }

  #firstByte(expr: AstExpr): number | undefined {
    const own = expr.query_location
    if (own !== undefined && this.#offset(own) !== undefined) return own
    for (const child of childrenOf(expr)) {
      const byte = this.#firstByte(child)
      if (byte !== undefined) return byte
    }
    return undefined
  }

  /** A location that is not known is a number far beyond every text, or the text of one. */
  #offset(byte: number): number | undefined {
    if (!Number.isSafeInteger(byte) || byte > this.#quoted.text.length * 4) return undefined
    return this.#quoted.original(this.#characters.length === 0 ? byte : (this.#characters[byte] ?? 0))
  }

  /** A name goes on over dots. */
  #nameEnd(index: number): number {
    const tokens = this.tokens
    let last = index
    const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted'
    while (isName(tokens[last]) && tokens[last + 1]?.text === '.' && isName(tokens[last + 2])) last += 2
    return tokens[last]?.end ?? 0
  }
}

function characterOffsets(text: string): readonly number[] {
  if (Buffer.byteLength(text) === text.length) return []
  const offsets: number[] = []
  let at = 0
  for (const letter of text) {
    for (let byte = 0; byte < Buffer.byteLength(letter); byte++) offsets.push(at)
    at += letter.length
  }
  return [...offsets, at]
}
