import { Lazy } from '../data/lazy.ts'

/**
 * A plain value that a function may keep and change: lazy values are decoded, containers copied to the bottom.
 * Values in a store or in another branch's record stay as they are.
 */
export function ownValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null
  return value instanceof Lazy ? value.materialize() : copyContainer(value)
}

function copyContainer(value: object): unknown {
  if (Array.isArray(value)) {
    const copy: unknown[] = []
    for (let index = 0; index < value.length; index++) copy.push(ownValue(value[index]))
    return copy
  }
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) copy[name] = ownValue((value as Record<string, unknown>)[name])
  return copy
}
