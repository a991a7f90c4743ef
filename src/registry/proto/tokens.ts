/** The words of a .proto file, one after the other, with their places for messages. */
import { StreamError } from '../../base/errors.ts'

export interface Token {
  readonly kind: 'word' | 'integer' | 'float' | 'string' | 'symbol' | 'end'
  /** As written; for strings what they stand for, one character a byte. */
  readonly text: string
  readonly position: number
}

const pattern =
  /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|(?<word>[A-Za-z_]\w*)|(?<float>\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(?<integer>0[xX][\da-fA-F]+|\d+)|(?<string>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|(?<symbol>[{}[\]()<>=;,.:+\-/])/gy

/** Reads tokens with one token of foresight. */
export class TokenReader {
  readonly #text: string
  readonly #pattern = new RegExp(pattern)
  next: Token

  constructor(text: string) {
    this.#text = text
    this.next = this.#scan()
  }

  take(): Token {
    const taken = this.next
    this.next = this.#scan()
    return taken
  }

  /** Takes the next token where it is this word or symbol. */
  accept(text: string): boolean {
    if (this.next.text !== text || (this.next.kind !== 'word' && this.next.kind !== 'symbol')) return false
    this.take()
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`)
  }

  word(): string {
    if (this.next.kind !== 'word') throw this.unexpected('a name')
    return this.take().text
  }

  /** Names with dots between, and perhaps one in front. */
  dottedName(): string {
    let name = this.accept('.') ? '.' : ''
    name += this.word()
    while (this.accept('.')) name += `.${this.word()}`
    return name
  }

  integer(): number {
    const negative = this.accept('-')
    if (this.next.kind !== 'integer') throw this.unexpected('a whole number')
    const value = Number(integerText(this.take().text))
    return negative ? -value : value
  }

  /** Adjacent strings are one; one character a byte. */
  byteString(): string {
    if (this.next.kind !== 'string') throw this.unexpected('a string')
    let bytes = ''
    while (this.next.kind === 'string') bytes += this.take().text
    return bytes
  }

  string(): string {
    return Buffer.from(this.byteString(), 'latin1').toString('utf8')
  }

  unexpected(expected: string): StreamError {
    const found = this.next.kind === 'end' ? 'the end' : `"${this.next.text}"`
    return this.failure(`expected ${expected}, found ${found}`)
  }

  failure(what: string, position = this.next.position): StreamError {
    const before = this.#text.slice(0, position).split('\n')
    const place = `Line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
    return protoInvalid(`${place}: ${what}.`)
  }

  #scan(): Token {
    for (;;) {
      const position = this.#pattern.lastIndex
      if (position >= this.#text.length) return { kind: 'end', text: '', position }
      const groups = this.#pattern.exec(this.#text)?.groups
      if (groups === undefined) throw this.failure('this is no Protobuf', position)
      for (const kind of ['word', 'float', 'integer', 'symbol'] as const) {
        const text = groups[kind]
        if (text !== undefined) return { kind, text, position }
      }
      if (groups['string'] !== undefined)
        return { kind: 'string', text: unescape(groups['string'].slice(1, -1)), position }
    }
  }
}

export function protoInvalid(detail: string): StreamError {
  return new StreamError('SCHEMA_INVALID', 'the Protobuf schema is not valid', { detail })
}

/** Decimal digits of a number written in base 8, 10 or 16. */
export function integerText(text: string): string {
  return BigInt(/^0\d/.test(text) ? `0o${text.slice(1)}` : text).toString()
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function unescape(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  const escape = /\\([xX][\da-fA-F]{1,2}|[0-7]{1,3}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^])/g
  return bytes.replace(escape, (_, escaped: string) => unescapeOne(escaped))
}

function unescapeOne(escaped: string): string {
  const digits = escaped.slice(1)
  if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff)
  if (digits === '') return simpleEscapes[escaped] ?? escaped
  const code = Number.parseInt(digits, 16)
  return /^[xX]/.test(escaped) ? String.fromCharCode(code) : codePointBytes(code)
}

function codePointBytes(point: number): string {
  if (point > 0x10ffff) throw protoInvalid('A string holds an escape of no character.')
  return Buffer.from(String.fromCodePoint(point), 'utf8').toString('latin1')
}
