/** Timestamps and dates as numbers: whether a result is one, their fields, their text. */
import { dayMicros, isDate, isTimestamp } from '../../data/times.ts'
import { fail } from './failure.ts'

/** @throws StreamError `EXPRESSION_FAILED` for a result that is no date */
export function checkDate(days: number): number {
  return isDate(days) ? days : fail('a date is outside the range of DATE')
}

/** @throws StreamError `EXPRESSION_FAILED` for a result that is no point in time */
export function checkTimestamp(micros: number): number {
  return isTimestamp(micros) ? micros : fail('a point in time is outside the range of TIMESTAMP')
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

/** `2024-05-31`, and `0044-03-15 (BC)` for the year -43, as DuckDB writes them. */
export function formatDate(days: number): string {
  const { year, month, day } = calendarTime(days * dayMicros)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-${pad(month)}-${pad(day)}${year > 0 ? '' : ' (BC)'}`
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
