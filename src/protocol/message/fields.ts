/**
 * The notation in which Kafka's messages are written down: an object whose entries are the fields in the order of the
 * wire, each with its type, the versions that have it, and what else is particular to it. The TypeScript type of a
 * message is inferred from its table ({@link ValueOf}); `codec.ts` compiles the table into encode and decode per version.
 *
 * Versions are written `3+`, `3-7` or `3`, and count within those of the enclosing structure.
 */

export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

/** What a field looks like on the wire. */
export type WireType =
  | { readonly kind: 'primitive'; readonly type: Primitive }
  | { readonly kind: 'array'; readonly element: WireType }
  | { readonly kind: 'struct'; readonly fields: Fields }

export interface FieldOptions {
  /** Versions in which it may be null. */
  readonly nullable?: string
  /** Its number, where it travels as a tagged field instead of in order. */
  readonly tag?: number
  /** What it is when left out; otherwise 0, false, empty, no entries. */
  readonly default?: number | string | boolean | null
  /** Whether a value is dropped silently in a version that lacks the field. */
  readonly ignorable?: boolean
}

export interface Field<T> extends FieldOptions {
  readonly wire: WireType
  readonly versions: string
  /** Carries the type for inference; never set. */
  readonly valueType?: T
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** The JavaScript value of a table. */
export type ValueOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never
}

interface PrimitiveValues {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  int64: number
  float64: number
  uuid: string
  string: string
  bytes: Buffer
  records: Buffer
}

type NoOptions = Omit<FieldOptions, 'nullable'>

type OrNull<T, O> = O extends { readonly nullable: string } ? T | null : T

type Declare<T> = <const O extends FieldOptions = NoOptions>(
  versions?: string,
  options?: O,
) => Field<OrNull<T, O>>

function declare<P extends Primitive>(type: P): Declare<PrimitiveValues[P]> {
  const wire: WireType = { kind: 'primitive', type }
  return (versions = '0+', options) => ({ ...options, wire, versions })
}

export const bool = declare('bool')
export const int8 = declare('int8')
export const int16 = declare('int16')
export const int32 = declare('int32')
/** A number within ±2^53, or ±2^63 for the two ends of the range, which Kafka uses as signs. */
export const int64 = declare('int64')
export const float64 = declare('float64')
/** 32 lower-case hex digits. */
export const uuid = declare('uuid')
export const string = declare('string')
export const bytes = declare('bytes')
/** Record batches, as they are. */
export const records = declare('records')

/** An array of primitives: `arrayOf('int32')`. */
export function arrayOf<P extends Primitive, const O extends FieldOptions = NoOptions>(
  element: P,
  versions = '0+',
  options?: O,
): Field<OrNull<readonly PrimitiveValues[P][], O>> {
  return { ...options, wire: { kind: 'array', element: { kind: 'primitive', type: element } }, versions }
}

/** An array of structures. */
export function array<F extends Fields, const O extends FieldOptions = NoOptions>(
  versions: string,
  fields: F,
  options?: O,
): Field<OrNull<readonly ValueOf<F>[], O>> {
  return { ...options, wire: { kind: 'array', element: { kind: 'struct', fields } }, versions }
}

export function struct<F extends Fields, const O extends FieldOptions = NoOptions>(
  versions: string,
  fields: F,
  options?: O,
): Field<OrNull<ValueOf<F>, O>> {
  return { ...options, wire: { kind: 'struct', fields }, versions }
}

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** Reads `3+`, `3-7` or `3`. */
export function versionRange(text: string): VersionRange {
  if (text.endsWith('+')) return { min: Number.parseInt(text, 10), max: Number.MAX_SAFE_INTEGER }
  const [min, max] = text.split('-')
  return { min: Number(min), max: Number(max ?? min) }
}

export function versionIn(version: number, text: string | undefined): boolean {
  if (text === undefined) return false
  const { min, max } = versionRange(text)
  return version >= min && version <= max
}

/** What a field is when nobody set it. Frozen, shared. */
export function defaultOf(field: Field<unknown>): unknown {
  if (field.default !== undefined) return field.default
  if (field.wire.kind === 'array') return noEntries
  if (field.wire.kind === 'struct') return defaultStruct(field.wire.fields)
  return primitiveDefaults[field.wire.type]
}

const noEntries: readonly never[] = Object.freeze([])
const primitiveDefaults: Readonly<Record<Primitive, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  uuid: '0'.repeat(32),
  string: '',
  bytes: Buffer.alloc(0),
  records: null,
}
const defaultStructs = new WeakMap<Fields, Readonly<Record<string, unknown>>>()

function defaultStruct(fields: Fields): Readonly<Record<string, unknown>> {
  const known = defaultStructs.get(fields)
  if (known !== undefined) return known
  const made = Object.freeze(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)])),
  )
  defaultStructs.set(fields, made)
  return made
}
