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
    return new Windowed(detach(this.key), this.startMs, this.endMs)
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

/** The last instants that were written, by their time: many keys have the same windows. */
const written = { times: new Float64Array(2).fill(Number.NaN), texts: ['', ''], oldest: 0 }

function instant(timeMs: number): string {
  const { times, texts } = written
  if (times[0] === timeMs) return texts[0] as string
  if (times[1] === timeMs) return texts[1] as string
  const text = instantText(timeMs)
  const at = written.oldest
  times[at] = timeMs
  texts[at] = text
  written.oldest = 1 - at
  return text
}

/** An instant as Java writes it: no fraction where there is none. */
function instantText(timeMs: number): string {
  return new Date(Math.min(timeMs, dateMaxMs)).toISOString().replace('.000Z', 'Z')
}
