import type { DataType } from '../data/types.ts'
import { isFloatingKind, isNumberKind, isWholeKind } from './values/compare.ts'

export { isNumberKind as isNumberType } from './values/compare.ts'

const wholeOrder = ['byte', 'short', 'int', 'long']

/** The type in which two values are compared, by DuckDB's rules; `undefined` where there is none. */
export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  if (isNumberKind(a) && isNumberKind(b)) return commonNumber(a, b)
  if (a.kind === b.kind) return a
  if (a.kind === 'string') return isScalar(b) ? b : undefined
  if (b.kind === 'string') return isScalar(a) ? a : undefined
  const kinds = new Set([a.kind, b.kind])
  return kinds.has('timestamp') && kinds.has('date') ? { kind: 'timestamp' } : undefined
}

/** What a value is cast to that is looked for among elements: numbers of all kinds are equal as they are, and a cast could make them so. */
export function soughtType(element: DataType, value: DataType): DataType {
  return isNumberKind(element) && isNumberKind(value) ? value : element
}

function commonNumber(a: DataType, b: DataType): DataType {
  if (a.kind === 'double' || b.kind === 'double') return { kind: 'double' }
  if (isFloatingKind(a) || isFloatingKind(b)) return { kind: 'float' }
  if (isWholeKind(a) && isWholeKind(b)) return wholeOrder.indexOf(a.kind) > wholeOrder.indexOf(b.kind) ? a : b
  const [left, right] = [asDecimal(a), asDecimal(b)]
  const scale = Math.max(left.scale, right.scale)
  const digits = Math.max(left.precision - left.scale, right.precision - right.scale)
  return { kind: 'decimal', precision: Math.min(38, digits + scale), scale }
}

/** The decimal that holds every value of a whole type. */
export function asDecimal(type: DataType): { readonly precision: number; readonly scale: number } {
  if (type.kind === 'decimal') return type
  return { precision: [3, 5, 10, 19][wholeOrder.indexOf(type.kind)] ?? 38, scale: 0 }
}

function isScalar(type: DataType): boolean {
  return (
    isNumberKind(type) || ['boolean', 'timestamp', 'date', 'uuid', 'interval', 'enum'].includes(type.kind)
  )
}
