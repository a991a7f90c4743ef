import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StreamError } from '../../base/errors.ts'
import type { FunctionBody } from '../../topology/functions.ts'
import { functionInvalid } from '../function-errors.ts'
import { moduleFailureFacts } from './failure-facts.ts'
import type { PlainFunction } from './javascript-context.ts'

export type ModuleBody = FunctionBody & { readonly language: 'module' }

/** How messages name a module: from where the path of the definition begins, so that its lines can be read from there. */
export function shownPath({ folder, path, span }: ModuleBody): string {
  return join(span === undefined ? folder : dirname(span.file), path)
}

/** An exported function, and the real path of its file. */
export interface LoadedFunction {
  readonly file: string
  readonly implementation: PlainFunction
}

/**
 * Imports a user's module, `.ts` by stripping its types. A module is loaded once per thread.
 *
 * @param title - what messages call the function
 * @throws StreamError `FUNCTION_INVALID`: outside the definition's folder, unreadable, not compilable, without the export
 */
export async function loadFunction(title: string, body: ModuleBody): Promise<LoadedFunction> {
  const file = await fileInside(title, body)
  let exports: Readonly<Record<string, unknown>>
  try {
    exports = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  } catch (thrown) {
    const facts = moduleFailureFacts(thrown, file, shownPath(body))
    throw functionInvalid(
      title,
      facts.span === undefined && body.span !== undefined ? { ...facts, span: body.span } : facts,
    )
  }
  const implementation = exports[body.export]
  if (typeof implementation === 'function') return { file, implementation: implementation as PlainFunction }
  throw refusal(title, body, {
    detail:
      implementation === undefined
        ? `Module "${body.path}" has no export "${body.export}".`
        : `Export "${body.export}" of module "${body.path}" is not a function.`,
    hint: `Name one of its exported functions: ${functionNames(exports)}.`,
  })
}

async function fileInside(title: string, body: ModuleBody): Promise<string> {
  const outside = {
    detail: `Module "${body.path}" lies outside the definition's folder.`,
    hint: 'Give a path inside the folder of the definition file.',
  }
  const lexical = relative(body.folder, resolve(body.folder, body.path))
  if (isAbsolute(body.path) || lexical === '..' || lexical.startsWith(`..${sep}`))
    throw refusal(title, body, outside)
  let folder: string
  let file: string
  try {
    folder = await realpath(body.folder)
    file = await realpath(resolve(folder, body.path))
  } catch (thrown) {
    throw refusal(title, body, {
      detail: `Module "${body.path}" can not be read.`,
      hint: 'Give the path of a file, relative to the folder of the definition file.',
      cause: thrown,
    })
  }
  if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw refusal(title, body, outside)
  return file
}

function functionNames(exports: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function')
  return names.length === 0 ? 'there is none yet' : names.map((name) => `"${name}"`).join(', ')
}

function refusal(
  title: string,
  body: ModuleBody,
  options: { readonly detail: string; readonly hint: string; readonly cause?: unknown },
): StreamError {
  return new StreamError('FUNCTION_INVALID', `${title} can not be loaded`, {
    ...options,
    ...(body.span === undefined ? {} : { span: body.span }),
  })
}
