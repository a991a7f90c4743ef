/** Logical types as values: decimals as text that keeps their scale, UUIDs as text, durations by parts. */
import type { Logical } from '../../data/types.ts'
import { formatDecimal, parseDecimal } from '../../data/decimal.ts'

/** What times of day are below, in the units of the type; undefined where it is no time of day. */
export function endOfDay({ kind }: Logical): number | undefined {
  if (kind === 'time-millis') return 86_400_000
  return kind === 'time-micros' ? 86_400_000_000 : undefined
}

/** An Avro `duration`. */
export interface AvroDuration {
  readonly months: number
  readonly days: number
  readonly milliseconds: number
}

/** The decimal that big-endian two's complement means. */
export function decimalOfBytes(bytes: Uint8Array, scale: number): string {
  return formatDecimal(bigintOfBytes(bytes), scale)
}

/**
 * The bytes of a decimal, as few as hold it, or `sizeBytes` of them.
 *
 * @returns undefined where the value is no number, has more digits than `precision`, or decimals beyond `scale`
 */
export function bytesOfDecimal(
  value: unknown,
  { precision, scale }: { readonly precision: number; readonly scale: number },
  sizeBytes?: number,
): Uint8Array | undefined {
  const unscaled = parseDecimal(value, scale)
  if (unscaled === undefined || digitsOf(unscaled) > precision) return undefined
  if (sizeBytes !== undefined && bytesFor(unscaled) > sizeBytes) return undefined
  return bytesOfBigint(unscaled, sizeBytes)
}

function digitsOf(value: bigint): number {
  return String(value < 0n ? -value : value).length
}

export function bigintOfBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  if (bytes.length <= 6)
    return BigInt(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readIntBE(0, bytes.length))
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`))
}

/** Big-endian two's complement. */
export function bytesOfBigint(value: bigint, sizeBytes: number = bytesFor(value)): Uint8Array {
  const hex = BigInt.asUintN(8 * sizeBytes, value)
    .toString(16)
    .padStart(2 * sizeBytes, '0')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The fewest bytes whose two's complement holds the value. */
function bytesFor(value: bigint): number {
  const bits = (value < 0n ? ~value : value).toString(2).length
  return value === 0n || value === -1n ? 1 : Math.floor(bits / 8) + 1
}

export function durationOfBytes(bytes: Uint8Array): AvroDuration {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    months: view.getUint32(0, true),
    days: view.getUint32(4, true),
    milliseconds: view.getUint32(8, true),
  }
}

/** @returns undefined for what is no duration of whole, unsigned parts of 32 bits */
export function bytesOfDuration(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { months, days, milliseconds } = value as Readonly<Record<string, unknown>>
  const view = new DataView(new ArrayBuffer(12))
  for (const [index, part] of [months, days, milliseconds].entries()) {
    if (!Number.isInteger(part) || (part as number) < 0 || (part as number) > 0xffff_ffff) return undefined
    view.setUint32(4 * index, part as number, true)
  }
  return new Uint8Array(view.buffer)
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function uuidOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuidPattern.test(value)
}

export function bytesOfUuid(value: unknown): Uint8Array | undefined {
  return isUuid(value) ? new Uint8Array(Buffer.from(value.replaceAll('-', ''), 'hex')) : undefined
}
