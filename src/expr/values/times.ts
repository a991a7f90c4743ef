/**
 * Timestamps (microseconds since the Unix epoch, UTC) and dates (days since it) as numbers: text in and out, parts and
 * truncation. Exact from the year 1684 to 2255, where microseconds are safe integers.
 */
const dayMicros = 86_400_000_000
// The two separators of a date are alike; time and zone may be left out.
const timestampText =
  /^\s*(\d{4,6})([-/ ])(\d{1,2})\2(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.](\d*))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?\s*$/i
const dateText = /^\s*(-?\d{4,6})([-/ ])(\d{1,2})\2(\d{1,2})\s*$/

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
  const days = daysOfDate(Number(match[1]), Number(match[3]), Number(match[4]))
  const seconds = secondsOfDay(Number(match[5] ?? 0), Number(match[6] ?? 0), Number(match[7] ?? 0))
  if (days === undefined || seconds === undefined) return undefined
  const fraction = Number((match[8] ?? '').slice(0, 6).padEnd(6, '0'))
  return days * dayMicros + (seconds - zoneSeconds(match[9])) * 1_000_000 + fraction
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
  if (match !== null) return daysOfDate(Number(match[1]), Number(match[3]), Number(match[4]))
  const micros = parseTimestamp(text)
  return micros === undefined ? undefined : Math.floor(micros / dayMicros)
}

/** The fields of a timestamp, in UTC; `month` counts from 1. */
export interface CalendarTime {
  readonly year: number
  readonly month: number
  readonly day: number
  /** Microseconds since midnight. */
  readonly micros: number
  /** Days since the epoch. */
  readonly days: number
}

export function calendarTime(micros: number): CalendarTime {
  const days = Math.floor(micros / dayMicros)
  const date = new Date(days * 86_400_000)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    micros: micros - days * dayMicros,
    days,
  }
}

export function formatDate(days: number): string {
  const { year, month, day } = calendarTime(days * dayMicros)
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`
}

/** `12:00`, `12:00:00.5`; undefined where it is no time of a day. */
export function parseTime(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] =
    /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?$/.exec(text.trim()) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined
  return (Number(hours) * 60 + Number(minutes)) * 60_000_000 + Math.round(Number(seconds) * 1_000_000)
}

export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = String(micros - seconds * 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const text = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  return fraction === '' ? text : `${text}.${fraction}`
}

/** `2024-05-31 12:00:00.5`, as DuckDB writes it. */
export function formatTimestamp(micros: number): string {
  const time = calendarTime(micros)
  return `${formatDate(time.days)} ${formatTime(time.micros)}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

export { dayMicros }
