import type { StreamError } from '../../base/errors.ts'
import type { Counter } from '../../base/metrics.ts'
import type { DataType } from '../../data/types.ts'
import { functionKinds } from '../../topology/function-kinds.ts'
import type { FunctionBody, FunctionRef } from '../../topology/functions.ts'
import type { BoundFunction } from '../bound-function.ts'
import { convertResult } from '../convert-result.ts'
import type { FunctionEnvironment, FunctionStore } from '../function-environment.ts'
import { isTimed } from '../timed-stores.ts'
import { functionFailed, resultMissing, type FailureFacts } from '../function-errors.ts'
import { callCounters, resultTypeOf } from '../function-facts.ts'
import { jsonTextOf } from '../../data/json-text.ts'
import type { PythonCallable } from './interpreter.ts'
import type { Device } from './device.ts'
import { PythonJson } from './python-json.ts'
import { argumentMode, argumentModes, argumentValue, decodeMarked, wantedResult } from './python-values.ts'
import { mark } from './runtime-source.ts'

/** What a function needs of the host that holds its interpreter. */
export interface PythonHome {
  readonly device: Device
  /** @throws StreamError when the interpreter is broken */
  check(): void
  broken(thrown: unknown, ref?: FunctionRef): StreamError
  /** The caller for these ways of passing arguments. */
  caller(spec: Readonly<Record<string, unknown>>): PythonCallable
  facts(description: string, body?: FunctionBody): FailureFacts
}

const lastMark = mark.text.charCodeAt(0)
const failureMark = mark.failure.charCodeAt(0)

/** On the hot path: crosses the border once per call. The ways of the arguments, three bits each, choose the caller. */
export class PythonFunction implements BoundFunction {
  readonly #host: PythonHome
  readonly #ref: FunctionRef
  readonly #environment: FunctionEnvironment
  readonly #stores: ReadonlyMap<string, FunctionStore>
  readonly #types: readonly (DataType | undefined)[]
  readonly #resultType: DataType | undefined
  readonly #nullResult: boolean
  readonly #calls: Counter
  readonly #failures: Counter
  readonly #callers = new Map<number, PythonCallable>()
  /** Refilled for each call. */
  readonly #values: unknown[] = []

  constructor(
    host: PythonHome,
    ref: FunctionRef,
    environment: FunctionEnvironment,
    stores: ReadonlyMap<string, FunctionStore>,
  ) {
    this.#host = host
    this.#ref = ref
    this.#environment = environment
    this.#stores = stores
    this.#types = ref.parameters.map((parameter) => parameter.type)
    this.#resultType = resultTypeOf(ref)
    this.#nullResult = functionKinds[ref.kind].nullResult
    const counters = callCounters(environment.metrics, ref)
    this.#calls = counters.calls
    this.#failures = counters.failures
  }

  call(args: readonly unknown[]): unknown {
    this.#calls.value++
    this.#host.check()
    this.#host.device.enter(this.#environment, this.#stores)
    const caller = this.#prepare(args)
    let raw: unknown
    try {
      raw = this.#cross(caller)
    } catch (thrown) {
      this.#failures.value++
      throw this.#host.broken(thrown, this.#ref)
    }
    const type = this.#resultType
    if (typeof raw === 'string' && raw.charCodeAt(0) <= lastMark) {
      if (raw.charCodeAt(0) === failureMark) throw this.#failure(raw)
      raw = type === undefined ? null : decodeMarked(raw, type)
    }
    return type === undefined ? null : this.#finish(raw, type)
  }

  /** Fills the values and finds the caller that takes them. */
  #prepare(args: readonly unknown[]): PythonCallable {
    const values = this.#values
    values.length = args.length
    let modes = args.length
    for (let index = 0; index < args.length; index++) {
      const type = this.#types[index]
      const mode = argumentMode(args[index], type)
      values[index] =
        mode === 1 ? this.#host.device.lend(jsonTextOf(args[index], type)) : argumentValue(args[index], mode)
      modes = modes * 8 + mode
    }
    return this.#callers.get(modes) ?? this.#makeCaller(args, modes)
  }

  #makeCaller(args: readonly unknown[], modes: number): PythonCallable {
    const caller = this.#host.caller({
      name: this.#ref.name,
      wanted: wantedResult(this.#resultType, this.#ref.kind === 'keyValuePrinter'),
      modes: args.map((value, index) => argumentModes[argumentMode(value, this.#types[index])]),
      stores: this.#stores
        .entries()
        .map(([name, store]) => [name, kindOf(store)])
        .toArray(),
    })
    this.#callers.set(modes, caller)
    return caller
  }

  #cross(caller: PythonCallable): unknown {
    const values = this.#values
    switch (values.length) {
      case 0:
        return caller()
      case 1:
        return caller(values[0])
      case 2:
        return caller(values[0], values[1])
      case 3:
        return caller(values[0], values[1], values[2])
      default:
        return caller(...values)
    }
  }

  #finish(raw: unknown, type: DataType): unknown {
    if ((typeof raw === 'boolean' && type.kind === 'boolean') || raw instanceof PythonJson) return raw
    const value = convertResult(raw, type, this.#ref)
    if (value === null && !this.#nullResult) {
      this.#failures.value++
      throw resultMissing(this.#ref)
    }
    return value
  }

  #failure(raw: string): unknown {
    this.#failures.value++
    const facts = this.#host.facts(raw, this.#ref.body)
    const cause = this.#host.device.failure
    return functionFailed(this.#ref.name, cause === undefined ? facts : { ...facts, cause })
  }
}

/** Which class of the runtime stands for it. */
function kindOf(store: FunctionStore): string {
  if (isTimed(store)) return 'timed'
  return store.timestamped === true ? 'timestamped' : 'plain'
}
