import { StreamError } from './errors.ts'

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
/** 100,000 years: a time and two of these together are still exact milliseconds. */
const longestDays = 36_500_000
const part = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/gy

/**
 * Reads a duration such as `250ms`, `5m`, `1h30m` or `7d`; `0` and a whole number of milliseconds stand without a unit.
 *
 * @returns whole milliseconds, rounded up, at least 0
 * @throws StreamError `DEFINITION_INVALID` for anything else, and for more than 100,000 years
 */
export function parseDurationMs(text: string | number): number {
  const source = String(text).trim().toLowerCase()
  if (/^\d+$/.test(source)) return withinLongest(Number(source), text)
  part.lastIndex = 0
  let totalMs = 0
  let end = 0
  for (let match = part.exec(source); match !== null; match = part.exec(source)) {
    totalMs += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
    end = part.lastIndex
    if (end === source.length) return withinLongest(Math.ceil(totalMs), text)
  }
  const isNegative = source.startsWith('-') && source.length > 1
  throw new StreamError(
    'DEFINITION_INVALID',
    `"${text}" is ${isNegative ? 'a negative duration' : 'not a duration'}`,
    {
      hint: isNegative
        ? `Write "0", or how long it is without a sign, for example "${source.slice(1)}".`
        : 'Write a number with a unit, for example "250ms", "5m", "1h30m" or "7d".',
    },
  )
}

function withinLongest(durationMs: number, text: string | number): number {
  if (durationMs <= longestDays * (unitMs['d'] ?? 1)) return durationMs
  throw new StreamError('DEFINITION_INVALID', `"${text}" is longer than a duration may be`, {
    hint: `Write at most "${longestDays}d", which is 100,000 years.`,
  })
}

/** The shortest exact text of a duration, for messages: `1h30m`, `250ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0'
  let rest = durationMs
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = unitMs[unit] ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}
