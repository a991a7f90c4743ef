/** Spans of time: sums, multiples, order and text. */
import { isInterval, multiple, type Interval } from '../../data/intervals.ts'
import { dayMicros, daysOfDate } from '../../data/times.ts'
import { fail } from './failure.ts'
import { calendarTime, checkTimestamp, formatTime } from './times.ts'

export function addIntervals(a: Interval, b: Interval): Interval {
  return checkInterval({ months: a.months + b.months, days: a.days + b.days, micros: a.micros + b.micros })
}

export function scaleInterval(interval: Interval, count: number): Interval {
  return checkInterval(multiple(interval, count))
}

function checkInterval(interval: Interval): Interval {
  return isInterval(interval) ? interval : fail('a span of time is outside the range of INTERVAL')
}

/** By length, a month counting 30 days and a day 24 hours, as in DuckDB. */
export function compareIntervals(a: Interval, b: Interval): number {
  const [carryA, carryB] = [Math.floor(a.micros / dayMicros), Math.floor(b.micros / dayMicros)]
  const days = a.months * 30 + a.days + carryA - (b.months * 30 + b.days + carryB)
  return days !== 0 ? days : a.micros - carryA * dayMicros - (b.micros - carryB * dayMicros)
}

/** Months first, then days, then the rest; the day is cut to the length of the month. */
export function addToTimestamp(micros: number, interval: Interval): number {
  return checkTimestamp(addMonths(micros, interval.months) + interval.days * dayMicros + interval.micros)
}

function addMonths(micros: number, months: number): number {
  if (months === 0) return micros
  const time = calendarTime(micros)
  const index = time.year * 12 + time.month - 1 + months
  const [year, month] = [Math.floor(index / 12), index - Math.floor(index / 12) * 12]
  const lastOfMonth = new Date(0)
  lastOfMonth.setUTCFullYear(year, month + 1, 0)
  const day = Math.min(time.day, lastOfMonth.getUTCDate())
  return (daysOfDate(year, month + 1, day) ?? Number.NaN) * dayMicros + time.micros
}

/** The time between two timestamps in days and microseconds, as `a - b` gives it. */
export function subtractTimestamps(a: number, b: number): Interval {
  const difference = a - b
  const days = Math.trunc(difference / dayMicros)
  return { months: 0, days, micros: difference - days * dayMicros }
}

/** `1 year 2 months 3 days 04:05:06`, as DuckDB writes it. */
export function formatInterval({ months, days, micros }: Interval): string {
  const parts: string[] = []
  const years = Math.trunc(months / 12)
  const push = (count: number, unit: string): void => {
    if (count !== 0) parts.push(`${count} ${unit}${Math.abs(count) === 1 ? '' : 's'}`)
  }
  push(years, 'year')
  push(months - years * 12, 'month')
  push(days, 'day')
  if (micros !== 0 || parts.length === 0)
    parts.push(`${micros < 0 ? '-' : ''}${formatTime(Math.abs(micros))}`)
  return parts.join(' ')
}
