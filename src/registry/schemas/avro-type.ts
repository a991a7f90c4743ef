/** Avro schemas with all that their text says: what a registry keeps, prints and compares. */

export type AvroPrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

/** Attributes beyond the specified ones, logical types among them, in their order. */
export type AvroProperties = Readonly<Record<string, unknown>>

interface Named {
  /** Without the namespace. */
  readonly name: string
  /** Empty where there is none. */
  readonly namespace: string
  readonly doc: string | undefined
  /** Full names. */
  readonly aliases: readonly string[]
  readonly properties: AvroProperties
}

export interface AvroRecord extends Named {
  readonly kind: 'record'
  readonly isError: boolean
  /** Filled when the record has been read: its fields may refer to it. */
  fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly doc: string | undefined
  /** Undefined where there is none; null is a default. */
  readonly default: unknown
  readonly order: string | undefined
  readonly aliases: readonly string[]
  readonly properties: AvroProperties
}

export interface AvroEnum extends Named {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly default: string | undefined
}

export interface AvroFixed extends Named {
  readonly kind: 'fixed'
  readonly size: number
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroType
  readonly properties: AvroProperties
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroType
  readonly properties: AvroProperties
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroType[]
}

export interface AvroPrimitive {
  readonly kind: AvroPrimitiveName
  readonly properties: AvroProperties
}

export type AvroNamed = AvroRecord | AvroEnum | AvroFixed
export type AvroType = AvroNamed | AvroArray | AvroMap | AvroUnion | AvroPrimitive

export function isNamed(type: AvroType): type is AvroNamed {
  return type.kind === 'record' || type.kind === 'enum' || type.kind === 'fixed'
}

export function fullName({ name, namespace }: Named): string {
  return namespace === '' ? name : `${namespace}.${name}`
}
