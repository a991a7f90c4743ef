import { detach, Lazy, materialize } from './lazy.ts'

/**
 * The key of a windowed result: whose it is, and when. Times are milliseconds since the Unix epoch. Where a plain value is wanted, in
 * functions, conversions and formats, it is a struct; it cannot be read back as anything else.
 */
export class Windowed extends Lazy {
  readonly key: unknown
  readonly startMs: number
  /** Not included for windows of a fixed length, the time of the last record for sessions; sliding windows include both ends. */
  readonly endMs: number

  constructor(key: unknown, startMs: number, endMs: number) {
    super()
    this.key = key
    this.startMs = startMs
    this.endMs = endMs
  }

  /** As user functions and structured formats see it. */
  toStruct(): WindowedStruct {
    const { startMs, endMs } = this
    const key = materialize(this.key)
    return { end: endMs, endTime: instant(endMs), key, start: startMs, startTime: instant(startMs) }
  }

  materialize(): WindowedStruct {
    return this.toStruct()
  }

  detach(): Windowed {
    const key = detach(this.key)
    return key === this.key ? this : new Windowed(key, this.startMs, this.endMs)
  }
}

/** Fields in the order of their names. */
interface WindowedStruct {
  readonly end: number
  readonly endTime: string
  readonly key: unknown
  readonly start: number
  readonly startTime: string
}

/** The largest time that has a date in JavaScript. */
const dateMaxMs = 8_640_000_000_000_000

/** Instants that were written, each in the place of its second: a few windows are those of many keys. */
const places = 256
const known = {
  times: new Float64Array(places).fill(Number.NaN),
  texts: Array.from({ length: places }, () => ''),
}

function instant(timeMs: number): string {
  const at = Math.abs(Math.floor(timeMs / 1000)) % places
  if (known.times[at] === timeMs) return known.texts[at] as string
  const text = instantText(Math.min(timeMs, dateMaxMs))
  known.times[at] = timeMs
  known.texts[at] = text
  return text
}

const dayMs = 86_400_000
/** From 00 on. */
const digits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
/** The last day that an instant was of, and its text with the letter behind it. */
const lastDay = { number: Number.NaN, text: '' }

/** An instant as Java writes it: no fraction where there is none. A fifth of what `Date` takes. */
function instantText(timeMs: number): string {
  const day = Math.floor(timeMs / dayMs)
  if (day !== lastDay.number) {
    lastDay.number = day
    lastDay.text = new Date(day * dayMs).toISOString().replace(/T.*/, 'T')
  }
  const inDayMs = timeMs - day * dayMs
  const second = Math.floor(inDayMs / 1000)
  const minute = Math.floor(second / 60)
  const hour = Math.floor(minute / 60)
  const whole = `${lastDay.text}${digits[hour]}:${digits[minute - hour * 60]}:${digits[second - minute * 60]}`
  const fraction = inDayMs - second * 1000
  return fraction === 0 ? `${whole}Z` : `${whole}.${String(fraction).padStart(3, '0')}Z`
}
