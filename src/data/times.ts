/**
 * Timestamps (microseconds since the Unix epoch, UTC), dates (days since it) and times of a day (microseconds since midnight) as numbers,
 * read from text. Exact from the year 1684 to 2255, where microseconds are safe integers; they reach as far as JavaScript's dates.
 */

export const dayMicros = 86_400_000_000
/** From 271821-04-20 (BC) to 275760-09-13. */
const daysMax = 100_000_000
const microsMax = daysMax * dayMicros

export function isDate(days: number): boolean {
  return Number.isInteger(days) && days >= -daysMax && days <= daysMax
}

export function isTimestamp(micros: number): boolean {
  return Number.isInteger(micros) && micros >= -microsMax && micros <= microsMax
}

/** Of a day, which may end with 24:00:00. */
export function isTime(micros: number): boolean {
  return Number.isInteger(micros) && micros >= 0 && micros <= dayMicros
}

// The two separators of a date are alike; time and zone may be left out.
const timestampText =
  /^\s*(\d{4,6}|[+-]\d{6})([-/ ])(\d{1,2})\2(\d{1,2})( \(BC\))?(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.](\d*))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?\s*$/i
const dateText = /^\s*(-?\d{4,6})([-/ ])(\d{1,2})\2(\d{1,2})( \(BC\))?\s*$/i

export function daysOfDate(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? Math.round(date.getTime() / 86_400_000)
    : undefined
}

/** Reads RFC 3339 and SQL's form with a blank; an offset leads to UTC, and without one it is UTC. `undefined` for other text. */
export function parseTimestamp(text: string): number | undefined {
  const match = timestampText.exec(text)
  if (match === null) return undefined
  const days = daysOfText(match)
  const seconds = secondsOfDay(Number(match[6] ?? 0), Number(match[7] ?? 0), Number(match[8] ?? 0))
  if (days === undefined || seconds === undefined) return undefined
  const fraction = Number((match[9] ?? '').slice(0, 6).padEnd(6, '0'))
  const micros = days * dayMicros + (seconds - zoneSeconds(match[10])) * 1_000_000 + fraction
  return isTimestamp(micros) ? micros : undefined
}

/** Year, month and day of a match of one of the two; the year before 1 is 1 BC. */
function daysOfText(match: RegExpExecArray): number | undefined {
  const year = Number(match[1])
  return daysOfDate(match[5] === undefined ? year : 1 - year, Number(match[3]), Number(match[4]))
}

/** A day may end with 24:00:00. */
function secondsOfDay(hour: number, minute: number, second: number): number | undefined {
  if (minute > 59 || second > 59) return undefined
  const seconds = hour * 3600 + minute * 60 + second
  return seconds <= 86_400 ? seconds : undefined
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0
  const digits = zone.slice(1).replace(':', '')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2) || 0) * 60
  return zone.startsWith('-') ? -seconds : seconds
}

/** Reads `2024-05-31`, and the day of a timestamp. */
export function parseDate(text: string): number | undefined {
  const match = dateText.exec(text)
  if (match !== null) return daysOfText(match)
  const micros = parseTimestamp(text)
  return micros === undefined ? undefined : Math.floor(micros / dayMicros)
}

/** `12:00`, `12:00:00.5`; undefined where it is no time of a day. */
export function parseTime(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] =
    /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?$/.exec(text.trim()) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined
  return (Number(hours) * 60 + Number(minutes)) * 60_000_000 + Math.round(Number(seconds) * 1_000_000)
}
