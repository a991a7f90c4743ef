/**
 * Inline JavaScript and TypeScript of one definition: a context of its own in which all functions and their global code
 * see each other, without `process`, `require` and the like. It keeps honest code apart; it is not a cage, for the
 * objects handed in lead back out. Calls cost what calls in the engine's own realm cost.
 */
import { stripTypeScriptTypes } from 'node:module'
import vm from 'node:vm'
import type { Random } from '../../base/random.ts'
import { placeOf, type FunctionRef } from '../../topology/functions.ts'
import { functionInvalid, titleOf } from '../function-errors.ts'
import { failureFacts, isUnsupportedTypeScript } from './failure-facts.ts'
import { functionScript, globalScript, type InlineBody, type Script } from './function-source.ts'
import type { JavaScriptLog } from './javascript-log.ts'

export type PlainFunction = (...args: unknown[]) => unknown

/** What every inline function finds in scope. */
export interface ScopeObjects {
  readonly log: JavaScriptLog
  readonly stores: Readonly<Record<string, unknown>>
}

export class JavaScriptContext {
  readonly #globals: Record<string, unknown>
  readonly #scripts = new Map<string, Script>()
  #count = 0

  constructor(globals: Readonly<Record<string, unknown>>, random: Random) {
    this.#globals = vm.createContext(vm.constants.DONT_CONTEXTIFY)
    Object.assign(this.#globals, allowedGlobals, globals)
    Object.assign(this.#globals['Math'] as object, { random: () => random.next() })
  }

  /** Compiled scripts by the file name that stands in stacks. */
  get scripts(): ReadonlyMap<string, Script> {
    return this.#scripts
  }

  /**
   * Runs the global code, then makes the function; a `shared` one can be called by name from all others.
   *
   * @throws StreamError `FUNCTION_INVALID`
   */
  define(ref: FunctionRef, body: InlineBody, objects: ScopeObjects, shared: boolean): PlainFunction {
    const id = `weft-${this.#count++}`
    try {
      if (body.globalCode !== undefined) {
        this.#globals['log'] = objects.log
        this.#run(globalScript(`${id}g`, body.globalCode))
      }
      const factory = this.#run(functionScript(id, ref, body)) as (
        log: JavaScriptLog,
        stores: Readonly<Record<string, unknown>>,
      ) => PlainFunction
      const made = factory(objects.log, objects.stores)
      if (shared) this.#globals[ref.name] = made
      return made
    } catch (thrown) {
      const facts = failureFacts(thrown, this.#scripts)
      const span = facts.span ?? placeOf(body)
      throw functionInvalid(titleOf(ref, shared), { ...facts, ...(span === undefined ? {} : { span }) })
    }
  }

  #run(script: Script): unknown {
    this.#scripts.set(script.fileName, script)
    return compile(script).runInContext(this.#globals)
  }
}

/** Text with types is tried again without them; they are blanked, so lines and columns stay. */
function compile(script: Script): vm.Script {
  const options = { filename: script.fileName }
  try {
    return new vm.Script(script.text, options)
  } catch (thrown) {
    const plain = withoutTypes(script)
    if (plain === undefined || plain === script.text) throw thrown
    return new vm.Script(plain, options)
  }
}

/** Undefined for what is no TypeScript. Throws where it is, and needs more than its types removed. */
function withoutTypes({ text, fileName }: Script): string | undefined {
  // Node warns that this door to its own type stripping may change; the author of a definition can do nothing about it.
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text)
  } catch (thrown) {
    if (!isUnsupportedTypeScript(thrown)) return undefined
    // It begins with the line and a caret below it, without a file name.
    thrown.stack = `${fileName}${thrown.stack}`
    throw thrown
  } finally {
    process.emitWarning = emitWarning
  }
}

/** `Uint8Array` is the engine's own, so that bytes are told by class on both sides. */
const allowedGlobals = {
  Uint8Array,
  TextEncoder,
  TextDecoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  structuredClone,
}
