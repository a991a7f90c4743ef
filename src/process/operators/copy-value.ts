import { Lazy } from '../../data/lazy.ts'

/**
 * A copy of a plain value, for a user's function that may change what it gets, or for a store that keeps what others may
 * change. A lazy value stays as it is: whoever materialises it gets a copy.
 */
export function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Lazy) return value
  if (Array.isArray(value)) return value.map(copyValue)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value)
  return copyStruct(value as Readonly<Record<string, unknown>>)
}

function copyStruct(struct: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(struct)) {
    const field = copyValue(struct[name])
    if (name === '__proto__') {
      // A plain assignment would set the prototype instead of a field.
      Object.defineProperty(copy, name, {
        value: field,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    } else {
      copy[name] = field
    }
  }
  return copy
}
