import { assert } from '../base/assert.ts'
import { toStreamError, type StreamError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Random } from '../base/random.ts'
import type { FunctionRef, FunctionScope } from '../topology/functions.ts'
import type { BoundFunction } from './bound-function.ts'
import { functionFacts, ShownFunction, type CallBoard } from './call-board.ts'
import type { FunctionEnvironment } from './function-environment.ts'
import { JavaScriptHost } from './javascript/javascript-host.ts'
import { UserMetrics } from './user-metrics.ts'
import type { PythonHost } from './python/python-host.ts'
import type { PythonOptions } from './python/python-options.ts'

export interface FunctionHostOptions {
  readonly logger: Logger
  /** Receives the metrics that functions make themselves. */
  readonly metrics: Metrics
  /** Seeds what functions take for chance. */
  readonly random: Random
  /** Functions that stand at their operations, in the order of the file; `functionsOf` gives those of a node. */
  readonly inline?: readonly FunctionRef[]
  readonly python?: PythonOptions
  /** Where calls are shown to a watcher; absent: nowhere. */
  readonly board?: CallBoard
}

/** The functions of one definition in one stream thread. */
export interface FunctionHost {
  /** Every function that can not be compiled or loaded, with its place; empty in a sound definition. */
  readonly problems: readonly StreamError[]
  /**
   * Makes a function callable for one task. Code goes by the function's name; kind and types are those of `ref`, which
   * may differ from operation to operation.
   *
   * @throws StreamError `FUNCTION_INVALID` for a function listed in {@link problems}; what `environment.store` throws
   */
  bind(ref: FunctionRef, environment: FunctionEnvironment): BoundFunction
  close(): Promise<void>
}

/**
 * Compiles all functions of a definition, used or not. Python is loaded only where a function is written in it (one to
 * three seconds, less from a snapshot).
 *
 * Never rejects because of the author's code: see {@link FunctionHost.problems}.
 */
export async function openFunctions(
  scope: FunctionScope,
  options: FunctionHostOptions,
): Promise<FunctionHost> {
  const host = new Host(scope, options)
  await host.open()
  return host
}

class Host implements FunctionHost {
  /** By function name. */
  readonly #problems = new Map<string, StreamError>()
  readonly #scope: FunctionScope
  readonly #options: FunctionHostOptions
  readonly #metrics: UserMetrics
  readonly #javaScript: JavaScriptHost
  readonly #numbers: ReadonlyMap<string, number>
  #python: PythonHost | undefined

  constructor(scope: FunctionScope, options: FunctionHostOptions) {
    this.#scope = scope
    this.#options = options
    const facts = functionFacts([...(options.inline ?? []), ...scope.functions])
    this.#numbers = new Map(facts.map(({ name }, index) => [name, index + 1]))
    this.#metrics = new UserMetrics(options.metrics)
    this.#javaScript = new JavaScriptHost(scope, {
      logger: options.logger,
      metrics: this.#metrics,
      random: options.random,
    })
  }

  get problems(): readonly StreamError[] {
    return [...this.#problems.values()]
  }

  async open(): Promise<void> {
    const shared = new Set(this.#scope.functions.map((ref) => ref.name))
    const all = new Map(
      [...(this.#options.inline ?? []), ...this.#scope.functions].map((ref) => [ref.name, ref]),
    )
    const ordered = [...this.#scope.functions, ...all.values().filter((ref) => !shared.has(ref.name))]
    if (ordered.some((ref) => ref.body.language === 'python')) await this.#openPython()
    for (const ref of ordered) await this.#open(ref, shared.has(ref.name))
  }

  bind(ref: FunctionRef, environment: FunctionEnvironment): BoundFunction {
    const problem = this.#problems.get(ref.name)
    if (problem !== undefined) throw problem
    const host = ref.body.language === 'python' ? this.#python : this.#javaScript
    assert(host?.has(ref.name) === true, `function "${ref.name}" was not given to openFunctions`)
    const bound = host.bind(ref, environment)
    const { board } = this.#options
    return board === undefined ? bound : new ShownFunction(bound, board, this.#numbers.get(ref.name) ?? 0)
  }

  async close(): Promise<void> {
    await this.#python?.close()
  }

  async #openPython(): Promise<void> {
    const { openPython } = await import('./python/python-host.ts')
    this.#python = await openPython(this.#scope, {
      logger: this.#options.logger,
      metrics: this.#metrics,
      random: this.#options.random,
      python: this.#options.python ?? {},
    })
  }

  async #open(ref: FunctionRef, shared: boolean): Promise<void> {
    try {
      await this.#define(ref, shared)
    } catch (thrown) {
      const problem = toStreamError(thrown)
      if (problem.code !== 'FUNCTION_INVALID') throw problem
      this.#problems.set(ref.name, problem)
    }
  }

  async #define(ref: FunctionRef, shared: boolean): Promise<void> {
    const { body } = ref
    if (body.language === 'module') return await this.#javaScript.load(ref, body, shared)
    if (body.language === 'javascript') return this.#javaScript.define(ref, body, shared)
    this.#python?.define(ref, body, shared)
  }
}
