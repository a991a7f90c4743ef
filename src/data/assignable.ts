import type { DataType, Field } from './types.ts'

/**
 * Whether every value of type `from` is a value of type `to`. Numbers of different kinds are strangers; text and enums are not;
 * null belongs to every type.
 */
export function isAssignable(to: DataType, from: DataType): boolean {
  if (to.kind === 'any' || from.kind === 'any' || from.kind === 'null') return true
  if (to.kind === 'union') return fitsUnion(to.of, from)
  switch (to.kind) {
    case 'string':
    case 'enum':
      return from.kind === 'string' || from.kind === 'enum'
    case 'list':
    case 'windowed':
      return from.kind === to.kind && isAssignable(to.of, from.of)
    case 'map':
      return from.kind === 'struct' || (from.kind === 'map' && isAssignable(to.of, from.of))
    case 'tuple':
      return from.kind === 'tuple' && fitsTuple(to.of, from.of)
    case 'struct':
      return fitsStruct(to.fields, from)
    default:
      return from.kind === to.kind
  }
}

/** Whether the two types hold the same values. */
export function isSameType(a: DataType, b: DataType): boolean {
  return isAssignable(a, b) && isAssignable(b, a)
}

function fitsUnion(members: readonly DataType[], from: DataType): boolean {
  const parts = from.kind === 'union' ? from.of : [from]
  return parts.every((part) => members.some((member) => isAssignable(member, part)))
}

function fitsTuple(to: readonly DataType[], from: readonly DataType[]): boolean {
  return (
    from.length === to.length &&
    to.every((member, index) => isAssignable(member, from[index] ?? { kind: 'null' }))
  )
}

/** What a windowed key is wherever a plain value is wanted. */
function windowedStruct(key: DataType): DataType {
  const times = ['start', 'end'].map((name) => requiredField(name, { kind: 'long' }))
  const texts = ['startTime', 'endTime'].map((name) => requiredField(name, { kind: 'string' }))
  return { kind: 'struct', fields: [...times, ...texts, requiredField('key', key)] }
}

function requiredField(name: string, type: DataType): Field {
  return { name, type, required: true }
}

/** A struct without fields takes every struct; one with fields needs those that are required, where the other names its own. */
function fitsStruct(fields: readonly Field[] | undefined, from: DataType): boolean {
  if (from.kind === 'map') return true
  if (from.kind === 'windowed') return fitsStruct(fields, windowedStruct(from.of))
  if (from.kind !== 'struct') return false
  if (fields === undefined || from.fields === undefined) return true
  const given = new Map(from.fields.map((field) => [field.name, field]))
  return fields.every((field) => {
    const other = given.get(field.name)
    return other === undefined ? !field.required : isAssignable(field.type, other.type)
  })
}
