import type { SourceSpan } from '../../base/errors.ts'
import type { FailureFacts } from '../function-errors.ts'
import { placeInScript, type Script } from './function-source.ts'

/** Reads what was thrown. It may come from another realm, and it may be anything. */
export function failureFacts(thrown: unknown, scripts: ReadonlyMap<string, Script>): FailureFacts {
  return factsOf(thrown, stackPlace(stackOf(thrown), scripts))
}

const onlyTypes =
  'Types are removed here, not compiled: write an enum or a namespace as an object, "const Color = { red: 1 } as const", and a parameter property as a field that the constructor sets.'

/** Whether it is what Node throws for TypeScript that is more than types: enums, namespaces, parameter properties. */
export function isUnsupportedTypeScript(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
}

/** The same for code in a module: the first place of its stack that lies in the module's file. */
export function moduleFailureFacts(thrown: unknown, file: string, shownAs: string): FailureFacts {
  const escaped = RegExp.escape(file)
  const match = new RegExp(`${escaped}(?:\\?[^:]*)?:(\\d+)(?::(\\d+))?`).exec(stackOf(thrown))
  if (match === null) return factsOf(thrown, undefined)
  return factsOf(thrown, { file: shownAs, line: Number(match[1]), column: Number(match[2] ?? 1), length: 1 })
}

function factsOf(thrown: unknown, span: SourceSpan | undefined): FailureFacts {
  const error = thrown as { readonly name?: unknown; readonly message?: unknown } | null | undefined
  const message = typeof error === 'object' ? error?.message : undefined
  if (isUnsupportedTypeScript(thrown)) {
    const text = thrown.message.replace(/ in (?:strip-only|type strip) mode/, '')
    return {
      type: thrown.name,
      text,
      hint: onlyTypes,
      ...(span === undefined ? {} : { span }),
      cause: thrown,
    }
  }
  return {
    type: typeof message === 'string' ? String(error?.name) : 'thrown value',
    text: typeof message === 'string' ? message : `a ${typeof thrown}`,
    ...(span === undefined ? {} : { span }),
    cause: thrown,
  }
}

function stackOf(thrown: unknown): string {
  const stack =
    typeof thrown === 'object' && thrown !== null ? (thrown as { readonly stack?: unknown }).stack : undefined
  return typeof stack === 'string' ? stack : ''
}

/** A frame reads `at name (weft-3:4:7)`; a syntax error begins with `weft-3:4`, the line, and a caret below it. */
function stackPlace(stack: string, scripts: ReadonlyMap<string, Script>): SourceSpan | undefined {
  const match = /(weft-\d+g?):(\d+)(?::(\d+))?/.exec(stack)
  const script = scripts.get(match?.[1] ?? '')
  if (match === null || script === undefined) return undefined
  const caret = match.index === 0 ? /^[^\n]*\n[^\n]*\n( *)\^/.exec(stack)?.[1]?.length : undefined
  const column = match[3] === undefined ? caret : Number(match[3]) - 1
  return placeInScript(script, Number(match[2]), column === undefined ? undefined : column + 1)
}
