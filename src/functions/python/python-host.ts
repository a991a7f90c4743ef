import { StreamError, type SourceSpan } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { functionKinds } from '../../topology/function-kinds.ts'
import { placeOf, type FunctionBody, type FunctionRef, type FunctionScope } from '../../topology/functions.ts'
import type { BoundFunction } from '../bound-function.ts'
import { placeInBlock } from '../code-place.ts'
import type { FunctionEnvironment, FunctionStore } from '../function-environment.ts'
import { functionInvalid, titleOf, type FailureFacts } from '../function-errors.ts'
import { defaultOf, loggerName } from '../function-facts.ts'
import type { UserMetrics } from '../user-metrics.ts'
import { Device } from './device.ts'
import { openInterpreter, type Interpreter, type PythonCallable } from './interpreter.ts'
import { PythonFunction } from './python-function.ts'
import type { PythonOptions } from './python-options.ts'
import { expressionLine, mark } from './runtime-source.ts'

export interface PythonHostOptions {
  readonly logger: Logger
  readonly metrics: UserMetrics
  readonly random: Random
  readonly python: PythonOptions
}

type PythonBody = FunctionBody & { readonly language: 'python' | 'javascript' }

/** Starts an interpreter of its own for one definition in one thread. */
export async function openPython(scope: FunctionScope, options: PythonHostOptions): Promise<PythonHost> {
  const device = new Device(options.logger, options.metrics)
  const interpreter = await openInterpreter({
    device,
    random: options.random,
    python: options.python,
    print: (line) => options.logger.info(line, { logger: `${scope.namespace}.python` }),
  })
  return new PythonHost(scope, interpreter, device)
}

/** What describes a Python exception when it crosses. */
interface PythonFailure {
  readonly type: string
  readonly text: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export class PythonHost {
  readonly device: Device
  readonly #namespace: string
  readonly #bodies: PythonBody[] = []
  readonly #names = new Set<string>()
  /** One caller per function, result and ways of its arguments, for all tasks. */
  readonly #callers = new Map<string, PythonCallable>()
  #interpreter: Interpreter | undefined
  #fatal: StreamError | undefined

  constructor(scope: FunctionScope, interpreter: Interpreter, device: Device) {
    this.#namespace = scope.namespace
    this.#interpreter = interpreter
    this.device = device
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** @throws StreamError `FUNCTION_INVALID` */
  define(ref: FunctionRef, body: PythonBody, shared: boolean): void {
    this.#names.add(ref.name)
    const id = this.#bodies.push(body) - 1
    const spec = { ...specOf(ref, body, id), shared, logger: loggerName(this.#namespace, ref.name) }
    const failure = this.run(this.#open().define, [JSON.stringify(spec)])
    if (typeof failure === 'string') throw functionInvalid(titleOf(ref, shared), this.facts(failure, body))
  }

  bind(ref: FunctionRef, environment: FunctionEnvironment): BoundFunction {
    const stores = new Map<string, FunctionStore>(ref.stores.map((name) => [name, environment.store(name)]))
    return new PythonFunction(this, ref, environment, stores)
  }

  /** The caller for these ways of passing arguments. */
  caller(spec: Readonly<Record<string, unknown>>): PythonCallable {
    const text = JSON.stringify(spec)
    const known = this.#callers.get(text)
    if (known !== undefined) return known
    const made = this.run(this.#open().makeCaller, [text])
    if (typeof made === 'string')
      throw functionInvalid(`function "${String(spec['name'])}"`, this.facts(made.slice(1)))
    this.#callers.set(text, made as PythonCallable)
    return made as PythonCallable
  }

  /** @throws StreamError `INTERPRETER_FAILED` for an interpreter that is broken: its answers mean nothing any more */
  check(): void {
    if (this.#fatal !== undefined) throw this.#fatal
  }

  /** @throws StreamError `INTERPRETER_FAILED`: Python caught nothing, so the interpreter itself is broken, for good */
  run(callable: PythonCallable, args: readonly unknown[]): unknown {
    this.check()
    try {
      return callable(...args)
    } catch (thrown) {
      throw this.broken(thrown)
    }
  }

  /** The interpreter has thrown: it is not used again. */
  broken(thrown: unknown, ref?: FunctionRef): StreamError {
    const where = ref === undefined ? '' : ` in function "${ref.name}"`
    const span = ref === undefined ? undefined : placeOf(ref.body)
    this.#fatal ??= new StreamError('INTERPRETER_FAILED', `the Python interpreter has failed${where}`, {
      detail: `${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      hint: 'Look in its code for values that are nested thousands deep, or too large for memory.',
      ...(span === undefined ? {} : { span }),
      cause: thrown,
    })
    this.#interpreter = undefined
    return this.#fatal
  }

  /** Reads the description of an exception, and finds its place in the author's file. */
  facts(description: string, body?: FunctionBody): FailureFacts {
    const failure = JSON.parse(description.replace(mark.failure, '')) as PythonFailure
    const span = this.#place(failure) ?? (body === undefined ? undefined : placeOf(body))
    return { type: failure.type, text: failure.text, ...(span === undefined ? {} : { span }) }
  }

  close(): Promise<void> {
    this.#callers.clear()
    this.#interpreter = undefined
    return Promise.resolve()
  }

  #open(): Interpreter {
    this.check()
    if (this.#interpreter === undefined) throw new StreamError('INVARIANT_BROKEN', 'Python is closed')
    return this.#interpreter
  }

  #place(failure: PythonFailure): SourceSpan | undefined {
    const match = /^<weft:(\d+)(g?)>$/.exec(failure.file ?? '')
    const body = this.#bodies[Number(match?.[1] ?? -1)]
    if (match === null || body === undefined) return undefined
    const line = failure.line ?? 1
    const isExpression = line > expressionLine
    const inFunction = isExpression ? body.expression : (body.code ?? body.expression)
    const block = match[2] === 'g' ? body.globalCode : inFunction
    if (block === undefined) return undefined
    return placeInBlock(block, isExpression ? line - expressionLine : line, failure.column)
  }
}

function specOf(ref: FunctionRef, body: PythonBody, id: number): Record<string, unknown> {
  const fixed = functionKinds[ref.kind].arguments.length
  const spec: Record<string, unknown> = {
    id,
    name: ref.name,
    identifier: /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(ref.name) ? ref.name : `_weft_${id}`,
    file: `<weft:${id}`,
    stores: ref.stores,
    parameters: ref.parameters.map((parameter, index) => ({
      name: parameter.name,
      fixed: index < fixed,
      ...defaultOf(ref, index),
    })),
  }
  if (body.globalCode !== undefined) spec['globalCode'] = body.globalCode.text
  if (body.code !== undefined) spec['code'] = body.code.text
  if (body.expression !== undefined) spec['expression'] = body.expression.text
  const byDefault = functionKinds[ref.kind].defaultExpression?.python
  if (byDefault !== undefined) spec['default'] = byDefault
  return spec
}
