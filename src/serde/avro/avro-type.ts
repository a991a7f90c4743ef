/** A parsed Avro schema: what the codec, the resolution and the type language read. Named types may refer to themselves. */

import type { Logical } from '../../data/types.ts'
import type { Meaning } from './connect-meaning.ts'

export type AvroPrimitiveKind = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

export interface AvroPrimitive {
  readonly kind: AvroPrimitiveKind
  /** One that does not fit what it annotates is ignored, as the specification asks. */
  readonly logical: Logical | undefined
  /** For columns of SQL, where there is no logical type. */
  readonly connect?: Meaning
}

interface Named {
  /** With the namespace, as in `com.example.Order`. */
  readonly name: string
  /** Full names. */
  readonly aliases: readonly string[]
}

export interface AvroFixed extends Named {
  readonly kind: 'fixed'
  readonly sizeBytes: number
  readonly logical: Logical | undefined
}

export interface AvroEnum extends Named {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  /** Stands for symbols that a reader does not know. */
  readonly fallback: string | undefined
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroType
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroType
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroType[]
}

export interface AvroField {
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: AvroType
  /** The default as the schema's JSON has it; absent: the field is required. */
  readonly fallback?: unknown
}

export interface AvroRecord extends Named {
  readonly kind: 'record'
  /** Filled when the record has been parsed: its fields may refer to it. */
  fields: readonly AvroField[]
  /** Whether a value of it can hold another one: only then depth has to be watched. */
  recursive: boolean
}

export type AvroType = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord

/** How messages name a type. */
export function describeAvro(type: AvroType): string {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return `${type.kind} "${type.name}"${describeLogical(type)}`
    case 'array':
      return `array of ${describeAvro(type.items)}`
    case 'map':
      return `map of ${describeAvro(type.values)}`
    case 'union':
      return `union of ${type.branches.map(describeAvro).join(', ')}`
    default:
      return `${type.kind}${describeLogical(type)}`
  }
}

export function logicalTypeOf(type: AvroType): Logical | undefined {
  return 'logical' in type ? type.logical : undefined
}

/** What a column of the type is, beyond its kind. */
export function meaningOf(type: AvroType): Logical['kind'] | Meaning | undefined {
  return logicalTypeOf(type)?.kind ?? ('connect' in type ? type.connect : undefined)
}

function describeLogical(type: AvroType): string {
  const logical = logicalTypeOf(type)
  if (logical === undefined) return ''
  return logical.kind === 'decimal'
    ? ` (decimal(${logical.precision}, ${logical.scale}))`
    : ` (${logical.kind})`
}
