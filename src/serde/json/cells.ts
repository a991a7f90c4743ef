/** Plain values from JSON text that has been scanned: whole values, and single cells of a row. */
import '../../base/node-extras.ts'
import { parseJson, parseJsonNumber } from '../../data/exact-json.ts'
import { StreamError } from '../../base/errors.ts'
import { plainContainer } from '../../data/plain-container.ts'
import { cellKind } from '../../data/row.ts'

const powersOfTen = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** Whole numbers of up to 15 digits are exact doubles, and so is their quotient by a power of ten, correctly rounded. */
const digitsExact = 15
const digitsOfInt = 9

/** Decodes one scanned cell of `kind`; text cells include their quotes. */
export function decodeJsonCell(buffer: Buffer, start: number, end: number, kind: number): unknown {
  switch (kind) {
    case cellKind.text:
      return buffer.latin1Slice(start + 1, end - 1)
    case cellKind.number:
    case cellKind.fraction:
      return decodeNumber(buffer, start, end)
    case cellKind.true:
      return true
    case cellKind.false:
      return false
    case cellKind.unicodeText:
      return buffer.utf8Slice(start + 1, end - 1)
    case cellKind.escapedText:
      return JSON.parse(buffer.utf8Slice(start, end))
    case cellKind.object:
    case cellKind.array:
      return parseJson(buffer.utf8Slice(start, end))
    default:
      return null
  }
}

/** A number that is exact: `bigint` for whole numbers beyond 2^53. */
function decodeNumber(buffer: Buffer, start: number, end: number): number | bigint {
  const negative = buffer[start] === 0x2d
  const first = negative ? start + 1 : start
  if (end - first > digitsExact) return decodeLongNumber(buffer, start, end)
  // Digits that fit into 32 bits take half the time.
  const sure = Math.min(end, first + digitsOfInt)
  let head = 0
  let position = first
  for (let digit = 0; position < sure; position++) {
    digit = (buffer[position] as number) - 0x30
    if (digit < 0 || digit > 9) break
    head = (head * 10 + digit) | 0
  }
  const value = position === end ? head : decodeRest(buffer, position, end, head)
  if (Number.isNaN(value)) return decodeLongNumber(buffer, start, end)
  return negative ? -value : value
}

/** Goes on behind the first digits; not a number where there is an exponent. */
function decodeRest(buffer: Buffer, from: number, end: number, head: number): number {
  let mantissa = head
  let decimals = -1
  for (let position = from; position < end; position++) {
    const byte = buffer[position] as number
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30)
      if (decimals >= 0) decimals++
    } else if (byte === 0x2e) decimals = 0
    else return Number.NaN
  }
  return decimals > 0 ? mantissa / (powersOfTen[decimals] as number) : mantissa
}

function decodeLongNumber(buffer: Buffer, start: number, end: number): number | bigint {
  return parseJsonNumber(buffer.latin1Slice(start, end))
}

/**
 * Writes a plain value as JSON text; `bigint` as a whole number, bytes as base64.
 *
 * @returns undefined where the value holds a number that JSON cannot carry (NaN, infinity) or nothing at all
 * @throws StreamError `VALUE_TYPE_MISMATCH` where there is no end to it, or its own `toJSON` throws
 */
export function stringifyJson(value: unknown): string | undefined {
  try {
    const text = textOf(value)
    return text?.includes('null') === true && !allFinite(value) ? undefined : text
  } catch (cause) {
    throw unwritable(cause)
  }
}

function textOf(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value)
    return text !== undefined && hidesContents(text) ? JSON.stringify(value, carried) : text
  } catch {
    return JSON.stringify(value, carried)
  }
}

/** What was thrown may come from another realm, where a function made the value. */
function unwritable(cause: unknown): StreamError {
  return new StreamError('VALUE_TYPE_MISMATCH', 'value cannot be written as JSON', {
    detail: whyUnwritable(cause as Partial<Error> | null | undefined),
    hint: 'Correct the function that makes it: it must give data, such as objects, lists, text and numbers.',
    cause,
  })
}

function whyUnwritable(cause: Partial<Error> | null | undefined): string {
  const { name, message } = cause ?? {}
  if (message?.startsWith('Converting circular') === true) return 'It holds itself, and has no end.'
  if (name === 'RangeError') return 'It is nested too deep, or too long.'
  return `Its "toJSON" threw ${name === undefined ? 'something' : `${name}: ${message}`}.`
}

/** `JSON.stringify` writes bytes as an object of their places, collections as an empty one; nearly no text is looked at twice for it. */
function hidesContents(text: string): boolean {
  if (text.indexOf('{', 1) < 0) return text === '{}' || text.startsWith('{"0":')
  return text.includes('{"0":') || text.includes('{}')
}

function carried(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value))
  if (typeof value !== 'object' || value === null) return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : plainContainer(value)
}

/** `JSON.stringify` writes a number that is not finite as null; only a text with a null in it can hide one. */
function allFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return ArrayBuffer.isView(value) || Object.values(value).every(allFinite)
}
