/** SQL's text functions. Positions and lengths count code points, as in DuckDB, and the first is 1. */

import { fail } from './failure.ts'

const surrogate = /[\uD800-\uDFFF]/

export function codePointLength(text: string): number {
  if (!surrogate.test(text)) return text.length
  let count = 0
  for (let at = 0; at < text.length; at++) if (!isSecondHalf(text, at)) count++
  return count
}

function isSecondHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  if (unit < 0xdc00 || unit > 0xdfff || at === 0) return false
  const before = text.charCodeAt(at - 1)
  return before >= 0xd800 && before <= 0xdbff
}

/** Code points `start .. end`, clipped to the text. */
function slice(text: string, start: number, end: number): string {
  const from = Math.max(0, start)
  if (end <= from) return ''
  return surrogate.test(text) ? Array.from(text).slice(from, end).join('') : text.slice(from, end)
}

/** A negative position counts from the end; a negative length takes what is before the position. */
export function substring(text: string, position: number, length?: number): string {
  const start = position < 0 ? codePointLength(text) + position : position - 1
  if (length === undefined) return slice(text, start, Infinity)
  return length < 0 ? slice(text, start + length, start) : slice(text, start, start + length)
}

export function leftText(text: string, count: number): string {
  return slice(text, 0, count < 0 ? codePointLength(text) + count : count)
}

export function rightText(text: string, count: number): string {
  return slice(text, count < 0 ? -count : codePointLength(text) - count, Infinity)
}

/** From 1; 0 where it is not found. */
export function positionOf(text: string, part: string): number {
  const at = text.indexOf(part)
  return at < 0 ? 0 : codePointLength(text.slice(0, at)) + 1
}

/** Removes blanks, or the given characters, at one end or both. */
export function trimText(text: string, characters: string, ends: 'left' | 'right' | 'both'): string {
  const set = new Set(characters)
  const points = surrogate.test(text) ? Array.from(text) : text
  let start = 0
  let end = points.length
  if (ends !== 'right') while (start < end && set.has(points[start] ?? '')) start++
  if (ends !== 'left') while (end > start && set.has(points[end - 1] ?? '')) end--
  return typeof points === 'string' ? points.slice(start, end) : points.slice(start, end).join('')
}

/** Letter by letter, so that the count of letters stays. */
export function upperText(text: string): string {
  const upper = text.toUpperCase()
  return upper.length === text.length ? upper : Array.from(text, upperLetter).join('')
}

function upperLetter(letter: string): string {
  if (letter === 'ß') return 'ẞ'
  const upper = letter.toUpperCase()
  return upper.length === letter.length ? upper : letter
}

export function lowerText(text: string): string {
  // JavaScript knows a final sigma; SQL's letter by letter does not.
  const lower = text.toLowerCase()
  if (lower.length === text.length && !lower.includes('ς')) return lower
  return Array.from(text, (letter) => (letter === 'İ' ? 'i' : letter.toLowerCase())).join('')
}

/** The part with this number, from 1, from the end where negative; empty where there is none. */
export function splitPart(text: string, separator: string, number: number): string {
  const parts = separator === '' ? Array.from(text) : text.split(separator)
  if (number === 0) return ''
  return parts.at(number > 0 ? number - 1 : number) ?? ''
}

export function replaceText(text: string, from: string, to: string): string {
  return from === '' ? text : text.replaceAll(from, () => to)
}

export function padText(text: string, count: number, filler: string, side: 'left' | 'right'): string {
  const length = codePointLength(text)
  if (length >= count) return leftText(text, Math.max(0, count))
  if (filler === '') fail('there is nothing to pad a text with')
  const letters = Array.from(filler)
  const padding = Array.from({ length: count - length }, (_, at) => letters[at % letters.length]).join('')
  return side === 'left' ? padding + text : text + padding
}

/** Letter by letter as a reader sees them. */
export function reverseText(text: string): string {
  graphemes ??= new Intl.Segmenter()
  const letters = Array.from(graphemes.segment(text), (part) => part.segment)
  return letters.toReversed().join('')
}

/** Made when it is asked for: making it takes ten milliseconds, and every start reads this file. */
let graphemes: Intl.Segmenter | undefined
