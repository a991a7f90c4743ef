/** Between Avro's logical types and the cells of SQL rows: timestamps and times in microseconds, decimals as numbers. */
import { StreamError } from '../../base/errors.ts'
import { parseTimestamp } from '../../data/times.ts'
import { textOfPlain } from '../plain-text.ts'
import { timestampText } from '../timestamp-text.ts'
import { meaningOf, type AvroType } from './avro-type.ts'
import type { AvroDuration } from './logical-values.ts'

type Convert = (value: unknown) => unknown

/** How a decoded value becomes a cell; undefined where it is one already. Null is no value and never given. */
export function avroToCell(type: AvroType): Convert | undefined {
  const { kind, units } = unitsOf(type)
  switch (kind) {
    case 'decimal':
      return Number
    case 'time':
      return units === 1 ? undefined : (value) => Math.floor((value as number) * units)
    case 'timestamp':
      return units === 1 ? undefined : (value) => Math.floor(Number(value) * units)
    case 'duration':
      return (value) => {
        const { months, days, milliseconds } = value as AvroDuration
        return { months, days, micros: milliseconds * 1000 }
      }
    case 'timestamp-text':
      return momentOfText
    case 'plain':
      return undefined
  }
}

/** How a cell becomes a value of this type. */
export function cellToAvro(type: AvroType): Convert {
  const { kind, units } = unitsOf(type)
  switch (kind) {
    case 'time':
    case 'timestamp':
      // Nanoseconds of today are beyond the safe integers.
      if (units < 1)
        return (cell) => (typeof cell === 'number' ? BigInt(cell) * BigInt(Math.round(1 / units)) : cell)
      return (cell) => (typeof cell === 'number' ? Math.floor(cell / units) : cell)
    case 'timestamp-text':
      return (cell) => (typeof cell === 'number' ? timestampText(cell) : cell)
    case 'duration':
      return durationOfInterval
    default:
      return singleBranch(type).kind === 'string' ? textOfPlain : (cell) => cell
  }
}

function momentOfText(value: unknown): number {
  const micros = parseTimestamp(value as string)
  if (micros !== undefined) return micros
  throw new StreamError('VALUE_MALFORMED', 'a text is no timestamp, as its Avro schema says', {
    hint: 'See "io.debezium.time.ZonedTimestamp": it has the form 2024-05-31T12:00:00Z.',
  })
}

function durationOfInterval(cell: unknown): unknown {
  const { months, days, micros } = cell as {
    readonly months: number
    readonly days: number
    readonly micros: number
  }
  return { months, days, milliseconds: Math.floor(micros / 1000) }
}

interface Units {
  readonly kind: 'plain' | 'decimal' | 'time' | 'timestamp' | 'timestamp-text' | 'duration'
  /** Microseconds for one of the schema's units. */
  readonly units: number
}

const plain: Units = { kind: 'plain', units: 1 }

function unitsOf(type: AvroType): Units {
  const single = singleBranch(type)
  const meaning = meaningOf(single)
  switch (meaning) {
    case 'big-decimal':
      return { kind: 'decimal', units: 1 }
    case 'decimal':
    case 'duration':
    case 'timestamp-text':
      return { kind: meaning, units: 1 }
    case 'time-millis':
      return { kind: 'time', units: 1000 }
    case 'time-micros':
      return { kind: 'time', units: 1 }
    case 'timestamp-millis':
    case 'local-timestamp-millis':
      return { kind: 'timestamp', units: 1000 }
    case 'timestamp-micros':
    case 'local-timestamp-micros':
      return { kind: 'timestamp', units: 1 }
    case 'timestamp-nanos':
    case 'local-timestamp-nanos':
      return { kind: 'timestamp', units: 0.001 }
    default:
      return plain
  }
}

/** The type of what is not null, where there is but one. */
export function singleBranch(type: AvroType): AvroType {
  if (type.kind !== 'union') return type
  const others = type.branches.filter(({ kind }) => kind !== 'null')
  return others.length === 1 ? (others[0] as AvroType) : type
}
