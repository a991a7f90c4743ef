/** Parts of a timestamp and truncation to them, in UTC; weeks begin on Monday, as in ISO 8601. */
import { unitSynonyms } from './unit-synonyms.ts'
import { intervalOf } from './intervals.ts'
import { calendarTime, dayMicros, daysOfDate, type CalendarTime } from './times.ts'

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
  decade: (time) => Math.floor(time.year / 10),
  century: (time) => Math.floor((time.year - 1) / 100) + 1,
  millennium: (time) => Math.floor((time.year - 1) / 1000) + 1,
  quarter: (time) => Math.floor((time.month - 1) / 3) + 1,
  hour: (time) => Math.floor(time.micros / 3_600_000_000),
  minute: (time) => Math.floor(time.micros / 60_000_000) % 60,
  second: (time) => Math.floor(time.micros / 1_000_000) % 60,
  millisecond: (time) => Math.floor((time.micros % 60_000_000) / 1000),
  microsecond: (time) => time.micros % 60_000_000,
  dow: (time) => modulo(time.days + 4, 7),
  isodow: (time) => modulo(time.days + 3, 7) + 1,
  doy: (time) => time.days - firstDay(time.year) + 1,
  week: (time) => Math.floor((thursdayOf(time.days) - firstDay(isoYear(time))) / 7) + 1,
  isoyear: isoYear,
  epoch: (_, micros) => micros / 1_000_000,
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}

function firstDay(year: number, month = 1): number {
  return daysOfDate(year, month, 1) ?? 0
}

/** The Thursday of a day's week: it lies in the year that the week belongs to. */
function thursdayOf(days: number): number {
  return days - modulo(days + 3, 7) + 3
}

function isoYear(time: CalendarTime): number {
  return calendarTime(thursdayOf(time.days) * dayMicros).year
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
  week: (time) => time.days - modulo(time.days + 3, 7),
  month: (time) => firstDay(time.year, time.month),
  quarter: (time) => firstDay(time.year, Math.floor((time.month - 1) / 3) * 3 + 1),
  year: (time) => firstDay(time.year),
  decade: (time) => firstDay(Math.floor(time.year / 10) * 10),
  century: (time) => firstDay(Math.floor(time.year / 100) * 100),
  millennium: (time) => firstDay(Math.floor(time.year / 1000) * 1000),
}

/** A function that cuts a timestamp down to a part; `undefined` for a name that is no such part. */
export function truncation(name: string): ((micros: number) => number) | undefined {
  const part = partName(name)
  const period = Object.hasOwn(periods, part) ? periods[part] : undefined
  if (period !== undefined) return (micros) => period(calendarTime(micros)) * dayMicros
  const unit = intervalOf(part)?.micros ?? 0
  return unit > 0 ? (micros) => Math.floor(micros / unit) * unit : undefined
}

/** How many borders of a part lie between two timestamps: what `date_diff` counts. */
export function borderCounter(name: string): ((from: number, to: number) => number) | undefined {
  const part = partName(name)
  if (['year', 'decade', 'century', 'millennium', 'quarter', 'month'].includes(part)) {
    const months =
      { month: 1, quarter: 3, year: 12, decade: 120, century: 1200, millennium: 12_000 }[part] ?? 1
    const index = (micros: number): number => {
      const time = calendarTime(micros)
      return Math.floor((time.year * 12 + time.month - 1) / months)
    }
    return (from, to) => index(to) - index(from)
  }
  if (part === 'week') {
    // DuckDB counts weeks from the epoch toward zero on both sides of it.
    const week = (micros: number): number => Math.trunc((periods['week']?.(calendarTime(micros)) ?? 0) / 7)
    return (from, to) => week(to) - week(from)
  }
  const cut = truncation(part)
  const unit = part === 'day' ? dayMicros : (intervalOf(part)?.micros ?? 0)
  return cut && unit > 0 ? (from, to) => (cut(to) - cut(from)) / unit : undefined
}
