/** A span of time as SQL keeps it: months and days have no fixed length. */
import { calendarTime, dayMicros, formatTime } from './times.ts'

export interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: number
}

const units: Readonly<Record<string, Interval>> = {
  year: { months: 12, days: 0, micros: 0 },
  month: { months: 1, days: 0, micros: 0 },
  week: { months: 0, days: 7, micros: 0 },
  day: { months: 0, days: 1, micros: 0 },
  hour: { months: 0, days: 0, micros: 3_600_000_000 },
  minute: { months: 0, days: 0, micros: 60_000_000 },
  second: { months: 0, days: 0, micros: 1_000_000 },
  millisecond: { months: 0, days: 0, micros: 1000 },
  microsecond: { months: 0, days: 0, micros: 1 },
}
const part = /\s*([+-]?\d+(?:[.]\d+)?)\s*([a-z]+?)s?(?=[\s\d+-]|$)/giy

/** Reads `1 hour`, `2 days 3 minutes`; `undefined` for other text. */
export function parseInterval(text: string): Interval | undefined {
  let total: Interval = { months: 0, days: 0, micros: 0 }
  const source = text.trim()
  part.lastIndex = 0
  let end = 0
  for (let match = part.exec(source); match !== null; match = part.exec(source)) {
    const unit = intervalOf(match[2] ?? '')
    if (unit === undefined) return undefined
    total = addIntervals(total, scaleInterval(unit, Number(match[1])))
    end = part.lastIndex
  }
  return end === source.length && end > 0 ? total : undefined
}

/** One of a unit, by its name in the singular. */
export function intervalOf(unit: string): Interval | undefined {
  const name = unit.toLowerCase()
  return Object.hasOwn(units, name) ? units[name] : undefined
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return { months: a.months + b.months, days: a.days + b.days, micros: a.micros + b.micros }
}

export function scaleInterval(interval: Interval, count: number): Interval {
  const months = interval.months * count
  const days = interval.days * count
  return { months: Math.trunc(months), days: Math.trunc(days), micros: Math.round(interval.micros * count) }
}

/** Months first, then days, then the rest; the day is cut to the length of the month. */
export function addToTimestamp(micros: number, interval: Interval): number {
  return addMonths(micros, interval.months) + interval.days * dayMicros + interval.micros
}

function addMonths(micros: number, months: number): number {
  if (months === 0) return micros
  const time = calendarTime(micros)
  const index = time.year * 12 + time.month - 1 + months
  const [year, month] = [Math.floor(index / 12), index - Math.floor(index / 12) * 12]
  const first = new Date(0)
  first.setUTCFullYear(year, month + 1, 0)
  const day = Math.min(time.day, first.getUTCDate())
  first.setUTCFullYear(year, month, day)
  return Math.round(first.getTime() / 86_400_000) * dayMicros + time.micros
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
