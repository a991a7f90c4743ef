/** Spans of time as SQL keeps them, read from text: months and days have no fixed length. */
import { unitSynonyms } from './unit-synonyms.ts'

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
    total = sum(total, next.interval)
    end = next.end
  }
  if (source === '' || !isInterval(total)) return undefined
  return ago ? multiple(total, -1) : total
}

interface ReadPart {
  readonly interval: Interval
  readonly end: number
}

function readPart(source: string, start: number): ReadPart | undefined {
  part.lastIndex = start
  const match = part.exec(source)
  const unit = match === null ? undefined : intervalOf(match[2] ?? '')
  return unit && { interval: multiple(unit, Number(match?.[1])), end: part.lastIndex }
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

function sum(a: Interval, b: Interval): Interval {
  return { months: a.months + b.months, days: a.days + b.days, micros: a.micros + b.micros }
}

/** Of a whole unit or a part of one: months and days are whole. */
export function multiple({ months, days, micros }: Interval, count: number): Interval {
  return {
    months: Math.trunc(months * count),
    days: Math.trunc(days * count),
    micros: Math.round(micros * count),
  }
}

/** As large as DuckDB's: months and days are whole numbers of 32 bits, microseconds of 64. */
export function isInterval({ months, days, micros }: Interval): boolean {
  return (months | 0) === months && (days | 0) === days && Math.abs(micros) < 2 ** 63
}
