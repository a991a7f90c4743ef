/** What the scripts of Node clients share in the conversation test: names from the command line, one line a step, texts of records. */
import { toStreamError } from '../../../src/base/errors.ts'

export const [bootstrap = '', prefix = ''] = process.argv.slice(2)
export const topicIn = `${prefix}-in`
export const topicOut = `${prefix}-out`
export const small = `${prefix}-small`
export const startMs = 1_700_000_000_000
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export const patienceMs = 20_000

export interface SeenRecord {
  readonly partition: number
  readonly offset: number | bigint
  readonly key: string | null
  readonly value: string | null
  /** Of the header "of". */
  readonly of: string
  readonly timestampMs: number
}

/** Prints a step's name and what was seen; an error by the text that `codeOf` gives. */
export function stepper(codeOf: (error: unknown) => string) {
  return async (name: string, work: () => Promise<unknown>): Promise<void> => {
    let seen: unknown
    try {
      seen = await work()
    } catch (error) {
      seen = `error:${codeOf(error)}`
    }
    console.log(`${name} ${String(seen)}`)
  }
}

/** The number of Kafka's error behind one of ours. */
export function ourCodeOf(error: unknown): string {
  const { cause, code } = toStreamError(error)
  return String(typeof cause === 'number' ? cause : code)
}

export function texts(records: readonly SeenRecord[]): string {
  return records.map(text).toSorted().join(' ')
}

/** `partition/offset,key=value,header@milliseconds since the start`, spaces as underscores. */
export function text({ partition, offset, key, value, of, timestampMs }: SeenRecord): string {
  return `${partition}/${offset},${key}=${value},${of}@${timestampMs - startMs}`.replaceAll(' ', '_')
}

export interface Sent {
  readonly partition?: number
  readonly key: string | null
  readonly value: string | null
  readonly timeMs: number
}

export function codecRound(codec: (typeof codecs)[number]): Sent[] {
  const roundMs = startMs + 1000 * codecs.indexOf(codec)
  return Array.from({ length: 4 }, (_, i) => ({ key: `k${i}`, value: `${codec}${i}`, timeMs: roundMs + i }))
}

export const oddRecords: readonly Sent[] = [
  { partition: 0, key: null, value: 'no key', timeMs: startMs + 9000 },
  { partition: 0, key: 'no value', value: null, timeMs: startMs + 9001 },
  { partition: 1, key: 'grüße', value: '日本', timeMs: startMs + 9002 },
]

export const laterRecords: readonly Sent[] = [
  { partition: 0, key: 'k3', value: 'later', timeMs: startMs + 20_000 },
  { partition: 1, key: 'k0', value: 'later', timeMs: startMs + 20_001 },
]

export const tooLarge: Sent = { partition: 0, key: 'k', value: 'x'.repeat(1000), timeMs: startMs }

export function keyed(count: number, value: string): Sent[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${value}${i}`, timeMs: startMs }))
}

export const movedRecords: readonly Sent[] = [1, 2].map(() => {
  return { partition: 0, key: 'moved', value: 'MOVED', timeMs: startMs }
})

export const droppedRecord: Sent = { partition: 0, key: 'k0', value: 'dropped', timeMs: startMs }
export const fencedRecord: Sent = { partition: 0, key: 'k0', value: 'fenced', timeMs: startMs }

export const resetTo = [
  { partition: 0, offset: 6 },
  { partition: 1, offset: 15 },
] as const

export function offsetsText(
  offsets: readonly { readonly partition: number; readonly offset: number | bigint }[],
): string {
  return offsets
    .map(({ partition, offset }) => `${partition}/${offset}`)
    .toSorted()
    .join(' ')
}
