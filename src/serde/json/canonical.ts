/**
 * JSON text in the one form that equal values share: record keys are equal where their bytes are, and lie in a partition by them.
 *
 * The form is the one in which KSML writes JSON: no blanks, fields sorted by name with those that begin with `@` last, text with no escapes
 * but those it needs, fractions as Java writes doubles. Whole numbers keep all their digits; `1` and `1.0` are two values.
 */
import '../../base/node-extras.ts'
import { depthMax } from './scan.ts'

/** The canonical bytes of JSON; what is none stays as it is. */
export function canonicalBytes(bytes: Buffer): Buffer {
  if (isCanonical(bytes, 0, bytes.length)) return bytes
  try {
    return Buffer.from(canonicalText(bytes.utf8Slice(0, bytes.length)))
  } catch {
    return bytes
  }
}

/** The same value as canonical text. @throws SyntaxError for text that is no JSON */
export function canonicalText(text: string): string {
  return written(tellingNumber.test(text) ? parseExactly(text) : JSON.parse(text))
}

/** A fraction, or a whole number that may be more than a double holds; in text, too. */
const tellingNumber = /\d[.eE]|\d{16}/

function parseExactly(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? exactNumber(value, context?.source ?? '') : value,
  )
}

function exactNumber(value: number, source: string): unknown {
  if (!/[.eE]/.test(source)) return Number.isSafeInteger(value) ? value : JSON.rawJSON(source)
  return JSON.rawJSON(Number.isFinite(value) ? doubleText(value) : source)
}

/** A double as Java writes it: with a decimal, and with an exponent where it is small or large. */
function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return withDecimal(String(value))
  const [digits = '', exponent] = value.toExponential().split('e')
  return `${withDecimal(digits)}E${Number(exponent)}`
}

function withDecimal(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return JSON.stringify(value)
  const fields = Object.entries(value).toSorted(([one], [other]) => compareNames(one, other))
  return `{${fields.map(([name, field]) => `${quoted(name)}:${written(field)}`).join(',')}}`
}

function compareNames(one: string, other: string): number {
  const [isMeta, isOtherMeta] = [one.startsWith('@'), other.startsWith('@')]
  if (isMeta !== isOtherMeta) return isMeta ? 1 : -1
  return one < other ? -1 : 1
}

/** Control characters that have no short escape are written with capital digits. */
function quoted(text: string): string {
  const json = JSON.stringify(text)
  if (!json.includes('\\u00')) return json
  return json.replaceAll(/\\(?:u00(..)|.)/g, (escape, digits: string | undefined) =>
    digits === undefined ? escape : `\\u00${digits.toUpperCase()}`,
  )
}

const quote = 0x22
const comma = 0x2c
const metaMark = 0x40

/** Whether JSON is plainly canonical; no, too, where that takes a look at its values: fractions, text that is not ASCII or has escapes. */
export function isCanonical(buffer: Buffer, start: number, end: number): boolean {
  return behindCanonical(buffer, start, end, 0) === end
}

/** Where the value ends that begins at `at`; −1 where it is not canonical, or hard to tell. */
function behindCanonical(buffer: Buffer, at: number, end: number, depth: number): number {
  if (at >= end || depth > depthMax) return -1
  switch (buffer[at]) {
    case quote:
      return behindText(buffer, at, end)
    case 0x7b:
      return behindFields(buffer, at, end, depth)
    case 0x5b:
      return behindItems(buffer, at, end, depth)
    case 0x66:
      return at + 5
    case 0x74:
    case 0x6e:
      return at + 4
    default:
      return behindWholeNumber(buffer, at, end)
  }
}

function behindText(buffer: Buffer, at: number, end: number): number {
  let position = at + 1
  while (position < end && plain[buffer[position] as number] === 1) position++
  return position < end && buffer[position] === quote ? position + 1 : -1
}

/** 1 for what is written as it is: ASCII without controls, quote and backslash. What is beyond needs a look at its characters. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== 0x5c ? 1 : 0,
)

/** What stands behind the digits is looked at by whoever goes on there. */
function behindWholeNumber(buffer: Buffer, at: number, end: number): number {
  const isNegative = buffer[at] === 0x2d
  const first = isNegative ? at + 1 : at
  let position = first
  while (position < end && (buffer[position] as number) >= 0x30 && (buffer[position] as number) <= 0x39)
    position++
  return position === first || (isNegative && buffer[first] === 0x30) ? -1 : position
}

function behindItems(buffer: Buffer, at: number, end: number, depth: number): number {
  if (buffer[at + 1] === 0x5d) return at + 2
  let position = at
  do {
    position = behindCanonical(buffer, position + 1, end, depth + 1)
    if (position < 0) return -1
  } while (buffer[position] === comma)
  return buffer[position] === 0x5d ? position + 1 : -1
}

function behindFields(buffer: Buffer, at: number, end: number, depth: number): number {
  if (buffer[at + 1] === 0x7d) return at + 2
  let position = at
  let before = -1
  do {
    const name = position + 1
    const colon = buffer[name] === quote ? behindText(buffer, name, end) : -1
    if (colon < 0 || buffer[colon] !== 0x3a || (before >= 0 && !follows(buffer, before, name))) return -1
    before = name
    position = behindCanonical(buffer, colon + 1, end, depth + 1)
    if (position < 0) return -1
  } while (buffer[position] === comma)
  return buffer[position] === 0x7d ? position + 1 : -1
}

/** Whether the plain name in quotes at `other` comes behind the one at `one`. */
function follows(buffer: Buffer, one: number, other: number): boolean {
  const [isMeta, isOtherMeta] = [buffer[one + 1] === metaMark, buffer[other + 1] === metaMark]
  if (isMeta !== isOtherMeta) return isOtherMeta
  for (let index = 1; ; index++) {
    const [byte, otherByte] = [buffer[one + index] as number, buffer[other + index] as number]
    if (byte !== otherByte) return otherByte !== quote && (byte === quote || byte < otherByte)
    if (byte === quote) return false
  }
}
