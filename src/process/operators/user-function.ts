import { placeOfResult, type FunctionRef } from '../../topology/functions.ts'
import type { NodeId } from '../../topology/topology.ts'
import { addDetail, StreamError } from '../../base/errors.ts'
import type { Callable, ProcessEnvironment } from '../environment.ts'

/**
 * A user's function in the place where an operator calls it. A function takes the same number of arguments at each call, so that one
 * array serves all of them; `undefined` results are null.
 */
export class UserFunction {
  readonly name: string
  readonly #ref: FunctionRef
  readonly #callable: Callable
  readonly #operator: NodeId
  readonly #args: unknown[] = []

  constructor(ref: FunctionRef, operator: NodeId, env: ProcessEnvironment) {
    this.name = ref.name
    this.#ref = ref
    this.#operator = operator
    this.#callable = env.bind(ref)
  }

  call0(): unknown {
    return this.#call()
  }

  call1(only: unknown): unknown {
    this.#args[0] = only
    return this.#call()
  }

  call2(first: unknown, second: unknown): unknown {
    this.#args[0] = first
    this.#args[1] = second
    return this.#call()
  }

  call3(first: unknown, second: unknown, third: unknown): unknown {
    this.#args[2] = third
    return this.call2(first, second)
  }

  /** For kinds with more arguments, which are not called per record of a fast path. */
  callAll(args: readonly unknown[]): unknown {
    for (const [index, arg] of args.entries()) this.#args[index] = arg
    return this.#call()
  }

  /** For a result that the operator cannot use. @param expected - what it wants, as in `a list` */
  unusable(result: unknown, expected: string): StreamError {
    const found =
      result === null ? 'null' : Array.isArray(result) ? `a list of ${result.length}` : typeof result
    return new StreamError(
      'FUNCTION_FAILED',
      `function "${this.name}" gave ${found} instead of ${expected}`,
      {
        detail: this.#sentence(),
      },
    )
  }

  /**
   * For what went wrong behind the function with what it made: a value that no format can write. Who is nearest to the trouble
   * gives it a place; those before have nothing to add.
   */
  blamed(thrown: unknown): unknown {
    if (
      !(thrown instanceof StreamError) ||
      thrown.code !== 'VALUE_TYPE_MISMATCH' ||
      thrown.span !== undefined
    )
      return thrown
    const { message, detail, hint, cause } = addDetail(
      thrown,
      `The last function before it is "${this.name}", called by operator "${this.#operator}".`,
    )
    const span = placeOfResult(this.#ref.body)
    return new StreamError('VALUE_TYPE_MISMATCH', message, {
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
      ...(span === undefined ? {} : { span }),
      cause,
    })
  }

  #call(): unknown {
    try {
      return this.#callable.call(this.#args) ?? null
    } catch (error) {
      throw addDetail(functionError(error), this.#sentence())
    }
  }

  #sentence(): string {
    return `Function "${this.name}" was called by operator "${this.#operator}".`
  }
}

function functionError(thrown: unknown): StreamError {
  if (thrown instanceof StreamError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StreamError('FUNCTION_FAILED', message, { cause: thrown })
}
