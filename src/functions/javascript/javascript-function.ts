import type { Counter } from '../../base/metrics.ts'
import { StreamError } from '../../base/errors.ts'
import type { DataType } from '../../data/types.ts'
import { functionKinds } from '../../topology/function-kinds.ts'
import type { FunctionRef } from '../../topology/functions.ts'
import type { BoundFunction } from '../bound-function.ts'
import { convertResult } from '../convert-result.ts'
import { ownValue } from '../copy-value.ts'
import type { FunctionEnvironment, FunctionStore } from '../function-environment.ts'
import { functionFailed, resultMissing, resultPromised, type FailureFacts } from '../function-errors.ts'
import { callCounters, resultTypeOf } from '../function-facts.ts'
import type { PlainFunction } from './javascript-context.ts'
import type { CurrentCall } from './javascript-stores.ts'

/** What a function is bound to: one task's stores and log, and how to read its failures. */
export interface JavaScriptBinding {
  readonly call: CurrentCall
  readonly environment: FunctionEnvironment
  readonly stores: ReadonlyMap<string, FunctionStore>
  readonly facts: (thrown: unknown) => FailureFacts
  /** Passed after the arguments of the kind, where present. */
  readonly scope?: Readonly<Record<string, unknown>>
}

/** On the hot path: no closure, no array and no spread for up to four arguments. */
export class JavaScriptFunction implements BoundFunction {
  readonly #ref: FunctionRef
  readonly #implementation: PlainFunction
  readonly #binding: JavaScriptBinding
  readonly #resultType: DataType | undefined
  readonly #nullResult: boolean
  readonly #calls: Counter
  readonly #failures: Counter

  constructor(ref: FunctionRef, implementation: PlainFunction, binding: JavaScriptBinding) {
    this.#ref = ref
    this.#implementation = implementation
    this.#binding = binding
    this.#resultType = resultTypeOf(ref)
    this.#nullResult = functionKinds[ref.kind].nullResult
    const counters = callCounters(binding.environment.metrics, ref)
    this.#calls = counters.calls
    this.#failures = counters.failures
  }

  call(args: readonly unknown[]): unknown {
    const { call, environment, stores } = this.#binding
    call.environment = environment
    call.stores = stores
    this.#calls.value++
    try {
      return this.#finish(this.#invoke(args))
    } catch (thrown) {
      this.#failures.value++
      if (thrown instanceof StreamError && thrown.code === 'FUNCTION_FAILED') throw thrown
      throw functionFailed(this.#ref.name, this.#binding.facts(thrown))
    }
  }

  #invoke(args: readonly unknown[]): unknown {
    const call = this.#implementation
    const { scope } = this.#binding
    switch (args.length) {
      case 0:
        return call(scope)
      case 1:
        return call(ownValue(args[0]), scope)
      case 2:
        return call(ownValue(args[0]), ownValue(args[1]), scope)
      case 3:
        return call(ownValue(args[0]), ownValue(args[1]), ownValue(args[2]), scope)
      default:
        return call(...args.map(ownValue), scope)
    }
  }

  #finish(result: unknown): unknown {
    const type = this.#resultType
    if (
      typeof result === 'object' &&
      result !== null &&
      'then' in result &&
      typeof result.then === 'function'
    )
      throw resultPromised(this.#ref)
    if (type === undefined) return null
    const value =
      type.kind === 'boolean' && typeof result === 'boolean' ? result : this.#convert(result, type)
    if (value === null && !this.#nullResult) throw resultMissing(this.#ref)
    return value
  }

  #convert(result: unknown, type: DataType): unknown {
    return convertResult(result, type, this.#ref)
  }
}
