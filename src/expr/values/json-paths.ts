/** Reaching into JSON values: by a key, an element's number, a path (`$.a[0].b`, `$.a[#-1]`) or a pointer (`/a/0/b`). */
import type { DataType } from '../../data/types.ts'
import { typeName } from '../type-name.ts'
import { fail } from './failure.ts'

/** Whether values of a type are JSON to SQL: of no type that it knows, as `any`, a struct without fields and a union. */
export function isJsonType(type: DataType): boolean {
  return typeName(type) === 'JSON'
}

const step = /\.(?:"([^"]*)"|([^.["*]+))|\[(?:(-?\d+)|#-(\d+))\]/y

/** A name; the number of an element from 0, or where negative from the end; or a step of a pointer, which may be either. */
type Step = string | number | { readonly name: string; readonly element: number }

/** Empty: the value itself. */
export function parsePath(path: string): readonly Step[] {
  if (path === '') return []
  if (path.startsWith('/')) return path.slice(1).split('/').map(pointerStep)
  if (path === '*') return refuse()
  if (!path.startsWith('$')) return [path]
  const steps: Step[] = []
  step.lastIndex = 1
  let end = 1
  for (let match = step.exec(path); match !== null; match = step.exec(path)) {
    steps.push(stepOf(match))
    end = step.lastIndex
  }
  return end === path.length ? steps : refuse()
}

function stepOf([, quoted, name, element, fromEnd]: RegExpExecArray): Step {
  if (element !== undefined) return Number(element)
  return fromEnd === undefined ? (quoted ?? name ?? '') : -Number(fromEnd)
}

function refuse(): never {
  return fail(
    'a JSON path is not one that Weft reads',
    'Write a path of $.name, $."name", [0] and [#-1], or a pointer such as /a/0; there are no wildcards.',
  )
}

function pointerStep(text: string): Step {
  const name = text.replaceAll('~1', '/').replaceAll('~0', '~')
  return /^(?:0|[1-9]\d*)$/.test(text) ? { name, element: Number(text) } : name
}

/** What a path leads to; `null` where there is nothing. */
export function followPath(value: unknown, steps: readonly Step[]): unknown {
  let inner = value
  for (const part of steps) {
    if (typeof inner !== 'object' || inner === null) return null
    inner = Array.isArray(inner) ? elementOf(inner, part) : fieldOf(inner as Fields, part)
  }
  return inner ?? null
}

type Fields = Readonly<Record<string, unknown>>

function elementOf(list: readonly unknown[], part: Step): unknown {
  const number = typeof part === 'object' ? part.element : part
  return typeof number === 'number' ? list.at(number) : null
}

function fieldOf(fields: Fields, part: Step): unknown {
  const name = typeof part === 'object' ? part.name : part
  return typeof name === 'string' && Object.hasOwn(fields, name) ? fields[name] : null
}

/** Text as it is; anything else as JSON. */
export function jsonAsText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  return jsonText(value)
}

export function jsonText(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
