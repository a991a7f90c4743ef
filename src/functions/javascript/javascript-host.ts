import type { LogLevel, Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionRef, FunctionScope } from '../../topology/functions.ts'
import type { BoundFunction } from '../bound-function.ts'
import type { FunctionEnvironment, FunctionStore } from '../function-environment.ts'
import { titleOf, type FailureFacts } from '../function-errors.ts'
import { loggerName } from '../function-facts.ts'
import type { UserMetrics } from '../user-metrics.ts'
import { failureFacts, moduleFailureFacts } from './failure-facts.ts'
import { JavaScriptContext, type PlainFunction } from './javascript-context.ts'
import { JavaScriptFunction } from './javascript-function.ts'
import { JavaScriptLog } from './javascript-log.ts'
import { javaScriptMetrics } from './javascript-metrics.ts'
import { CurrentCall, JavaScriptStore } from './javascript-stores.ts'
import { loadFunction, shownPath, type ModuleBody } from './load-module.ts'
import type { InlineBody } from './function-source.ts'

export interface JavaScriptHostOptions {
  readonly logger: Logger
  readonly metrics: UserMetrics
  readonly random: Random
}

/** A function of the definition, compiled once for all tasks of the thread. */
interface Compiled {
  readonly implementation: PlainFunction
  readonly facts: (thrown: unknown) => FailureFacts
  /** What a module's function gets after the arguments of its kind. */
  readonly scope?: Readonly<Record<string, unknown>>
}

/** JavaScript and TypeScript functions of one definition in one thread: inline ones and modules. */
export class JavaScriptHost {
  readonly #namespace: string
  readonly #logger: Logger
  readonly #metrics: Readonly<Record<string, unknown>>
  readonly #context: JavaScriptContext
  readonly #call = new CurrentCall()
  readonly #compiled = new Map<string, Compiled>()

  constructor(scope: FunctionScope, options: JavaScriptHostOptions) {
    this.#namespace = scope.namespace
    this.#logger = options.logger
    this.#metrics = javaScriptMetrics(options.metrics)
    this.#context = new JavaScriptContext({ metrics: this.#metrics }, options.random)
  }

  /** @throws StreamError `FUNCTION_INVALID` */
  async load(ref: FunctionRef, body: ModuleBody, shared: boolean): Promise<void> {
    const { file, implementation } = await loadFunction(titleOf(ref, shared), body)
    const shownAs = shownPath(body)
    this.#compiled.set(ref.name, {
      implementation,
      facts: (thrown) => moduleFailureFacts(thrown, file, shownAs),
      scope: Object.freeze({ log: this.#log(ref), metrics: this.#metrics, stores: this.#stores(ref) }),
    })
  }

  /** @throws StreamError `FUNCTION_INVALID` */
  define(ref: FunctionRef, body: InlineBody, shared: boolean): void {
    const objects = { log: this.#log(ref), stores: this.#stores(ref) }
    const implementation = this.#context.define(ref, body, objects, shared)
    this.#compiled.set(ref.name, {
      implementation,
      facts: (thrown) => failureFacts(thrown, this.#context.scripts),
    })
  }

  has(name: string): boolean {
    return this.#compiled.has(name)
  }

  /** @throws StreamError when the environment lacks one of its stores */
  bind(ref: FunctionRef, environment: FunctionEnvironment): BoundFunction {
    const { implementation, facts, scope } = this.#compiled.get(ref.name) as Compiled
    const stores = new Map<string, FunctionStore>(ref.stores.map((name) => [name, environment.store(name)]))
    return new JavaScriptFunction(ref, implementation, {
      call: this.#call,
      environment,
      stores,
      facts,
      ...(scope === undefined ? {} : { scope }),
    })
  }

  #log(ref: FunctionRef): JavaScriptLog {
    const write = (level: LogLevel, name: string, message: string): void => {
      const logger = this.#call.environment?.logger ?? this.#logger
      logger[level](message, { logger: name })
    }
    return new JavaScriptLog(loggerName(this.#namespace, ref.name), write)
  }

  #stores(ref: FunctionRef): Readonly<Record<string, JavaScriptStore>> {
    return Object.freeze(
      Object.fromEntries(ref.stores.map((name) => [name, new JavaScriptStore(name, this.#call)])),
    )
  }
}
