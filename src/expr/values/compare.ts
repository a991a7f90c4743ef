import type { DataType } from '../../data/types.ts'

/** Orders text by its UTF-8 bytes, as DuckDB does: code units above the surrogates come before them. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Orders doubles as SQL does: NaN equals itself and is the largest. */
export function compareDouble(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0)
}

/** Equality of lists and structs, NULL equal to NULL inside them. */
export function deepEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Number.isNaN(a) && Number.isNaN(b)
  }
  const left = Object.entries(a)
  const right = b as Readonly<Record<string, unknown>>
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === Object.keys(right).length &&
    left.every(([key, value]) => Object.hasOwn(right, key) && deepEquals(value, right[key]))
  )
}

export function isWholeKind(type: DataType): boolean {
  return type.kind === 'byte' || type.kind === 'short' || type.kind === 'int' || type.kind === 'long'
}

export function isFloatingKind(type: DataType): boolean {
  return type.kind === 'double' || type.kind === 'float'
}

export function isNumberKind(type: DataType): boolean {
  return isWholeKind(type) || isFloatingKind(type) || type.kind === 'decimal'
}
