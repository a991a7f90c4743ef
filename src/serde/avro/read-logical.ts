import type { Logical, PlainLogical } from '../../data/types.ts'

/** What each logical type annotates. */
const annotated: Readonly<Record<PlainLogical, string>> = {
  uuid: 'string',
  date: 'int',
  'time-millis': 'int',
  'time-micros': 'long',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  'timestamp-nanos': 'long',
  'local-timestamp-millis': 'long',
  'local-timestamp-micros': 'long',
  'local-timestamp-nanos': 'long',
  duration: 'fixed',
  'big-decimal': 'bytes',
}
const uuidBytes = 16
const durationBytes = 12

interface Annotated {
  readonly kind: string
  readonly sizeBytes?: number
}

/** The logical type of a schema; undefined where there is none, or where it does not fit: then the plain type stands. */
export function readLogical(schema: Readonly<Record<string, unknown>>, on: Annotated): Logical | undefined {
  const name = schema['logicalType']
  if (name === 'decimal') return readDecimal(schema, on)
  if (name === 'uuid' && on.kind === 'fixed') return on.sizeBytes === uuidBytes ? { kind: 'uuid' } : undefined
  if (name === 'duration' && on.sizeBytes !== durationBytes) return undefined
  const known =
    typeof name === 'string' && Object.hasOwn(annotated, name) ? (name as PlainLogical) : undefined
  return known !== undefined && annotated[known] === on.kind ? { kind: known } : undefined
}

function readDecimal(
  { precision, scale = 0 }: Readonly<Record<string, unknown>>,
  { kind, sizeBytes }: Annotated,
): Logical | undefined {
  if (kind !== 'bytes' && kind !== 'fixed') return undefined
  if (!isCount(precision) || precision < 1 || !isCount(scale) || scale > precision) return undefined
  const digitsMax = sizeBytes === undefined ? Infinity : Math.floor(Math.log10(2) * (8 * sizeBytes - 1))
  return precision > digitsMax ? undefined : { kind: 'decimal', precision, scale }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
