/** Reaching into JSON values: by a key, an element's number, a path (`$.a[0].b`) or a pointer (`/a/0/b`). */
import type { DataType } from '../../data/types.ts'
import { fail } from './failure.ts'

/** Whether values of a type are plain JSON of which nothing more is known. */
export function isJsonType(type: DataType): boolean {
  return (
    type.kind === 'any' || (type.kind === 'struct' && (type.fields === undefined || type.fields.length === 0))
  )
}

const step = /\.(?:"([^"]*)"|([^.["]+))|\[(-?\d+)\]/y

/** The steps of a path: names, and numbers of elements from 0 or, where negative, from the end. */
export function parsePath(path: string): readonly (string | number)[] {
  if (path.startsWith('/')) return path.slice(1).split('/').map(pointerStep)
  if (!path.startsWith('$')) return [path]
  const steps: (string | number)[] = []
  step.lastIndex = 1
  let end = 1
  for (let match = step.exec(path); match !== null; match = step.exec(path)) {
    steps.push(match[3] === undefined ? (match[1] ?? match[2] ?? '') : Number(match[3]))
    end = step.lastIndex
  }
  return end === path.length
    ? steps
    : fail('a JSON path is not one that Weft reads; it takes $.name and [number]')
}

function pointerStep(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** What a path leads to; `null` where there is nothing. */
export function followPath(value: unknown, steps: readonly (string | number)[]): unknown {
  let inner = value
  for (const part of steps) {
    if (typeof inner !== 'object' || inner === null) return null
    if (Array.isArray(inner)) inner = typeof part === 'number' ? inner.at(part) : null
    else inner = Object.hasOwn(inner, part) ? (inner as Readonly<Record<string, unknown>>)[part] : null
  }
  return inner ?? null
}

/** Text as it is; anything else as JSON. */
export function jsonAsText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  return jsonText(value)
}

export function jsonText(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
