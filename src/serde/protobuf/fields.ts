/** What the codec needs to know of a field, from its descriptor. */
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'

/** Names of the reader's and writer's methods. */
export type ScalarName =
  | 'double'
  | 'float'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'fixed64'
  | 'fixed32'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'uint32'
  | 'sfixed32'
  | 'sfixed64'
  | 'sint32'
  | 'sint64'

const scalarNames: Readonly<Record<ScalarType, ScalarName>> = {
  [ScalarType.DOUBLE]: 'double',
  [ScalarType.FLOAT]: 'float',
  [ScalarType.INT64]: 'int64',
  [ScalarType.UINT64]: 'uint64',
  [ScalarType.INT32]: 'int32',
  [ScalarType.FIXED64]: 'fixed64',
  [ScalarType.FIXED32]: 'fixed32',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: 'bytes',
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.SFIXED32]: 'sfixed32',
  [ScalarType.SFIXED64]: 'sfixed64',
  [ScalarType.SINT32]: 'sint32',
  [ScalarType.SINT64]: 'sint64',
}

/** One value of a field: of a singular one, an item of a repeated one, a value of a map. */
export type Element =
  | { readonly kind: 'scalar'; readonly scalar: ScalarName }
  | { readonly kind: 'enum'; readonly enum: DescEnum }
  | { readonly kind: 'message'; readonly message: DescMessage; readonly group: boolean }

export type ProtoField = FieldBase &
  (
    | { readonly shape: 'single'; readonly element: Element }
    | { readonly shape: 'list'; readonly element: Element; readonly packed: boolean }
    | { readonly shape: 'map'; readonly key: ScalarName; readonly element: Element }
  )

interface FieldBase {
  readonly name: string
  readonly number: number
  /** `implicit`: a default value is not written, and stands for what is absent. Else what is absent is null. */
  readonly presence: 'implicit' | 'explicit' | 'required'
  /** The name of the group of which only one may be set. */
  readonly oneof: string | undefined
  /** Declared in the schema, for what is absent: a scalar, or the number of an enum's value. */
  readonly fallback: unknown
}

export function fieldsOf(message: DescMessage): readonly ProtoField[] {
  return message.fields.map(fieldOf).toSorted((a, b) => a.number - b.number)
}

function fieldOf(field: DescField): ProtoField {
  const base: FieldBase = {
    name: field.name,
    number: field.number,
    presence: presenceOf(field),
    oneof: field.oneof?.name,
    fallback:
      field.fieldKind === 'scalar' || field.fieldKind === 'enum' ? field.getDefaultValue() : undefined,
  }
  switch (field.fieldKind) {
    case 'list':
      return { ...base, shape: 'list', element: elementOf(field.listKind, field), packed: field.packed }
    case 'map':
      return {
        ...base,
        shape: 'map',
        key: scalarNames[field.mapKey],
        element: elementOf(field.mapKind, field),
      }
    default:
      return { ...base, shape: 'single', element: elementOf(field.fieldKind, field) }
  }
}

function presenceOf({ presence }: DescField): FieldBase['presence'] {
  if (presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return 'required'
  return presence === FeatureSet_FieldPresence.IMPLICIT ? 'implicit' : 'explicit'
}

function elementOf(
  kind: 'scalar' | 'enum' | 'message',
  field: {
    readonly scalar?: ScalarType | undefined
    readonly enum?: DescEnum | undefined
    readonly message?: DescMessage | undefined
    readonly delimitedEncoding?: boolean
  },
): Element {
  if (kind === 'scalar') return { kind, scalar: scalarNames[field.scalar as ScalarType] }
  if (kind === 'enum') return { kind, enum: field.enum as DescEnum }
  return { kind, message: field.message as DescMessage, group: field.delimitedEncoding === true }
}

const wireTypes: Readonly<Partial<Record<ScalarName, number>>> = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
  string: 2,
  bytes: 2,
}

export function wireType(element: Element): number {
  if (element.kind === 'message') return element.group ? 3 : 2
  return element.kind === 'enum' ? 0 : (wireTypes[element.scalar] ?? 0)
}

export function tagOf(number: number, type: number): number {
  return ((number << 3) | type) >>> 0
}
