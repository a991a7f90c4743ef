/** A span of time as SQL keeps it: months and days have no fixed length. */
import { unitSynonyms } from './unit-synonyms.ts'
import { fail } from './failure.ts'
import { calendarTime, checkTimestamp, dayMicros, daysOfDate, formatTime } from './times.ts'

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
const part = /\s*([+-]?\d+(?:[.]\d+)?)\s*([a-z]+)/giy
const clock = /\s*([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}(?:[.]\d+)?))?/y

/** Reads `1 hour`, `2 days 03:04:05`, `1 month ago`; `undefined` for other text. */
export function parseInterval(text: string): Interval | undefined {
  const ago = /\s+ago\s*$/i.test(text)
  const source = text.replace(/\s+ago\s*$/i, '').trim()
  let total: Interval = { months: 0, days: 0, micros: 0 }
  let end = 0
  while (end < source.length) {
    const next = readClock(source, end) ?? readPart(source, end)
    if (next === undefined) return undefined
    total = addIntervals(total, next.interval)
    end = next.end
  }
  if (source === '') return undefined
  return ago ? scaleInterval(total, -1) : total
}

interface ReadPart {
  readonly interval: Interval
  readonly end: number
}

function readPart(source: string, start: number): ReadPart | undefined {
  part.lastIndex = start
  const match = part.exec(source)
  const unit = match === null ? undefined : intervalOf(match[2] ?? '')
  return unit && { interval: scaleInterval(unit, Number(match?.[1])), end: part.lastIndex }
}

function readClock(source: string, start: number): ReadPart | undefined {
  clock.lastIndex = start
  const match = clock.exec(source)
  if (match === null) return undefined
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  const micros = Math.round(seconds * 1_000_000) * (match[1] === '-' ? -1 : 1)
  return { interval: { months: 0, days: 0, micros }, end: clock.lastIndex }
}

/** One of a unit, by its name: long or short, one or many. */
export function intervalOf(unit: string): Interval | undefined {
  const lower = unit.toLowerCase()
  for (const name of [lower, lower.replace(/s$/, '')]) {
    const long = Object.hasOwn(unitSynonyms, name) ? (unitSynonyms[name] ?? name) : name
    if (Object.hasOwn(units, long)) return units[long]
  }
  return undefined
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return checkInterval({ months: a.months + b.months, days: a.days + b.days, micros: a.micros + b.micros })
}

export function scaleInterval({ months, days, micros }: Interval, count: number): Interval {
  return checkInterval({
    months: Math.trunc(months * count),
    days: Math.trunc(days * count),
    micros: Math.round(micros * count),
  })
}

/** As large as DuckDB's: months and days are whole numbers of 32 bits, microseconds of 64. */
function checkInterval(interval: Interval): Interval {
  const { months, days, micros } = interval
  if ((months | 0) === months && (days | 0) === days && Math.abs(micros) < 2 ** 63) return interval
  return fail('a span of time is outside the range of INTERVAL')
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
