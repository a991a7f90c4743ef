/** Parts of a timestamp and truncation to them, in UTC; weeks begin on Monday, as in ISO 8601. */
import { intervalOf } from '../../data/intervals.ts'
import { dayMicros, daysOfDate } from '../../data/times.ts'
import { unitSynonyms } from '../../data/unit-synonyms.ts'
import { fail } from './failure.ts'
import { calendarTime, checkTimestamp, type CalendarTime } from './times.ts'

const synonyms: Readonly<Record<string, string>> = {
  ...unitSynonyms,
  weekofyear: 'week',
  dayofweek: 'dow',
  weekday: 'dow',
  dayofyear: 'doy',
  dayofmonth: 'day',
  centurie: 'century',
}

/** The name of a part in the singular: `YEARS` and `yr` are `year`. */
function partName(text: string): string {
  const lower = text.toLowerCase()
  if (Object.hasOwn(synonyms, lower)) return synonyms[lower] ?? lower
  const singular = lower.endsWith('s') ? lower.slice(0, -1) : lower
  return synonyms[singular] ?? singular
}

type Part = (time: CalendarTime, micros: number) => number

const parts: Readonly<Record<string, Part>> = {
  year: (time) => time.year,
  month: (time) => time.month,
  day: (time) => time.day,
  decade: (time) => Math.trunc(time.year / 10) + 0,
  century: (time) => era(time.year, 100),
  millennium: (time) => era(time.year, 1000),
  quarter: (time) => Math.floor((time.month - 1) / 3) + 1,
  hour: (time) => Math.floor(time.micros / 3_600_000_000),
  minute: (time) => Math.floor(time.micros / 60_000_000) % 60,
  second: (time) => Math.floor(time.micros / 1_000_000) % 60,
  millisecond: (time) => Math.floor((time.micros % 60_000_000) / 1000),
  microsecond: (time) => time.micros % 60_000_000,
  dow: (time) => modulo(time.days + 4, 7),
  isodow: (time) => modulo(time.days + 3, 7) + 1,
  doy: (time) => time.days - firstDay(time.year) + 1,
  week: isoWeek,
  isoyear: isoYear,
  yearweek: yearWeek,
  era: (time) => (time.year > 0 ? 1 : 0),
  julian: (time) => time.days + 2_440_588 + time.micros / dayMicros,
  timezone: () => 0,
  timezone_hour: () => 0,
  timezone_minute: () => 0,
  epoch: (_, micros) => micros / 1_000_000,
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}

/** Counted from the year 1 on; the one before is −1, and there is no 0. */
function era(year: number, years: number): number {
  return year > 0 ? Math.floor((year - 1) / years) + 1 : -(Math.floor(-year / years) + 1)
}

function firstDay(year: number, month = 1): number {
  return daysOfDate(year, month, 1) ?? fail('the first day of a period is outside the range of DATE')
}

function firstOfWeek(time: CalendarTime): number {
  return time.days - modulo(time.days + 3, 7)
}

/** The Thursday of a day's week: it lies in the year that the week belongs to. */
function thursdayOf(days: number): number {
  return days - modulo(days + 3, 7) + 3
}

/** The fourth of January lies in the first week. */
function firstOfIsoYear(year: number): number {
  const days = firstDay(year) + 3
  return days - modulo(days + 3, 7)
}

function isoYear(time: CalendarTime): number {
  return calendarTime(thursdayOf(time.days) * dayMicros).year
}

function isoWeek(time: CalendarTime): number {
  return Math.floor((thursdayOf(time.days) - firstDay(isoYear(time))) / 7) + 1
}

/** `202501`; before the year 1 both count down. */
function yearWeek(time: CalendarTime): number {
  const year = isoYear(time)
  return year * 100 + (year > 0 ? isoWeek(time) : -isoWeek(time))
}

/** A function that reads one part of a timestamp; `undefined` for a name that is no part. */
export function partReader(name: string): ((micros: number) => number) | undefined {
  const part = partName(name)
  const read = Object.hasOwn(parts, part) ? parts[part] : undefined
  return read && ((micros) => read(calendarTime(micros), micros))
}

/** The first day of the period that a day lies in. */
const periods: Readonly<Record<string, (time: CalendarTime) => number>> = {
  day: (time) => time.days,
  week: firstOfWeek,
  yearweek: firstOfWeek,
  month: (time) => firstDay(time.year, time.month),
  quarter: (time) => firstDay(time.year, Math.floor((time.month - 1) / 3) * 3 + 1),
  year: (time) => firstDay(time.year),
  decade: (time) => firstDay(Math.trunc(time.year / 10) * 10),
  century: (time) => firstDay(Math.trunc(time.year / 100) * 100),
  millennium: (time) => firstDay(Math.trunc(time.year / 1000) * 1000),
  isoyear: (time) => firstOfIsoYear(isoYear(time)),
}

/** Parts whose borders are those of another. */
const borders: Readonly<Record<string, string>> = {
  doy: 'day',
  dow: 'day',
  isodow: 'day',
  julian: 'day',
  epoch: 'second',
}

function borderName(text: string): string {
  const part = partName(text)
  return borders[part] ?? part
}

/** A function that cuts a timestamp down to a part; `undefined` for a name that is no such part. */
export function truncation(name: string): ((micros: number) => number) | undefined {
  const part = borderName(name)
  const period = Object.hasOwn(periods, part) ? periods[part] : undefined
  if (period !== undefined) return (micros) => checkTimestamp(period(calendarTime(micros)) * dayMicros)
  const unit = intervalOf(part)?.micros ?? 0
  return unit > 0 ? (micros) => Math.floor(micros / unit) * unit : undefined
}

function counterOf(index: (time: CalendarTime) => number): (from: number, to: number) => number {
  return (from, to) => index(calendarTime(to)) - index(calendarTime(from))
}

/** How many borders of a part lie between two timestamps: what `date_diff` counts. */
export function borderCounter(name: string): ((from: number, to: number) => number) | undefined {
  const part = borderName(name)
  const years = { decade: 10, century: 100, millennium: 1000 }[part]
  if (years !== undefined) return counterOf((time) => Math.trunc(time.year / years))
  const months = { month: 1, quarter: 3, year: 12 }[part]
  if (months !== undefined) return counterOf((time) => Math.floor((time.year * 12 + time.month - 1) / months))
  if (part === 'isoyear') return counterOf(isoYear)
  // Of weeks DuckDB counts those that have passed from day to day, not their borders.
  if (part === 'week' || part === 'yearweek')
    return (from, to) => Math.trunc((calendarTime(to).days - calendarTime(from).days) / 7) + 0
  const cut = truncation(part)
  const unit = part === 'day' ? dayMicros : (intervalOf(part)?.micros ?? 0)
  return cut && unit > 0 ? (from, to) => (cut(to) - cut(from)) / unit : undefined
}
