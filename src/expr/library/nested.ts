import type { DataType } from '../../data/types.ts'
import { soughtType } from '../common-type.ts'
import { deepEquals, isWholeKind } from '../values/compare.ts'
import { followPath, isJsonType, jsonAsText, parsePath } from '../values/json-paths.ts'
import { codePointLength } from '../values/text.ts'
import { arg, calls, int, text, type ScalarFunction } from './scalar-function.ts'

/** A field of a struct; NULL where the value has none. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return null
  return Object.hasOwn(value, name) ? ((value as Readonly<Record<string, unknown>>)[name] ?? null) : null
}

/** An element by its number from 1, from the end where negative. */
function element(list: unknown, number: number): unknown {
  if (!Array.isArray(list) || number === 0) return null
  return (list.at(number > 0 ? number - 1 : number) as unknown) ?? null
}

function listLength(value: unknown): number | null {
  return Array.isArray(value) ? value.length : null
}

function listContains(list: unknown, value: unknown): boolean | null {
  return Array.isArray(list) ? list.some((item) => deepEquals(item, value)) : null
}

function ofList(types: (list: DataType) => readonly DataType[]): ScalarFunction['take'] {
  return ([list]) => (list?.kind === 'list' ? types(list) : undefined)
}

/** `json -> 'key'` and `json ->> '$.path'`; a path that is a literal is read once. */
function jsonFunction(names: readonly string[], finish: (value: unknown) => unknown): ScalarFunction {
  return {
    names,
    nulls: 'strict',
    take: ([value, path]) => {
      if (value === undefined || path === undefined || !(isJsonType(value) || value.kind === 'list'))
        return undefined
      return [value, isWholeKind(path) ? int : text]
    },
    emit: (site) => {
      const literal = site.literalText(1)
      if (literal !== undefined) {
        const steps = parsePath(literal)
        return `${site.constant((value: unknown) => finish(followPath(value, steps)))}(${arg(site, 0)})`
      }
      const follow = (value: unknown, path: string | number): unknown =>
        finish(followPath(value, typeof path === 'number' ? [path] : parsePath(path)))
      return `${site.constant(follow)}(${site.args.join(', ')})`
    },
  }
}

export const nestedFunctions: readonly ScalarFunction[] = [
  {
    names: ['struct_extract'],
    nulls: 'strict',
    take: ([struct]) => (struct?.kind === 'struct' ? [struct, text] : undefined),
    emit: calls(field),
  },
  jsonFunction(['json_extract', '->'], (value) => value),
  jsonFunction(['json_extract_string', '->>'], jsonAsText),
  {
    names: ['list_value'],
    nulls: 'own',
    total: true,
    take: (args, result) => (result.kind === 'list' ? args.map(() => result.of) : undefined),
    emit: (site) => `[${site.args.join(', ')}]`,
  },
  { names: ['list_extract'], nulls: 'strict', take: ofList((list) => [list, int]), emit: calls(element) },
  {
    names: ['list_contains', 'list_has', 'array_contains', 'array_has'],
    nulls: 'strict',
    take: ([list, value]) =>
      list?.kind === 'list' && value ? [list, soughtType(list.of, value)] : undefined,
    emit: calls(listContains),
  },
  {
    names: ['length', 'len'],
    nulls: 'strict',
    take: ([type]) => (type?.kind === 'list' ? [type] : [text]),
    emit: (site) =>
      `${site.constant(site.argTypes[0]?.kind === 'list' ? listLength : codePointLength)}(${site.args.join(', ')})`,
  },
]
