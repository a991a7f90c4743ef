import type { AvroType } from './avro-type.ts'

/** The fewest bytes that a value of this type takes. What is recursive is counted as nothing where it comes again. */
export function itemBytesMin(type: AvroType, within: readonly AvroType[] = []): number {
  if (within.includes(type)) return 0
  switch (type.kind) {
    case 'null':
      return 0
    case 'float':
      return 4
    case 'double':
      return 8
    case 'fixed':
      return type.sizeBytes
    case 'record':
      return type.fields.reduce((sum, field) => sum + itemBytesMin(field.type, [...within, type]), 0)
    default:
      return 1
  }
}
