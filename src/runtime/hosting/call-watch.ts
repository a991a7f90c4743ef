import { formatDuration } from '../../base/duration.ts'
import { StreamError } from '../../base/errors.ts'
import { boardWords, functionFacts, type CallBoard, type FunctionFacts } from '../../functions/call-board.ts'
import { functionsOf } from '../../topology/node-edges.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions } from '../options.ts'

/** How often a watcher looks. */
export const lookEveryMs = 500

export type CallLimits = Pick<ApplicationOptions, 'functionSlowMs' | 'functionLimitMs'>

export function limitsOf({ functionSlowMs, functionLimitMs }: ApplicationOptions): CallLimits {
  return { functionSlowMs, functionLimitMs }
}

/** A call that goes on for too long; each is told once as slow, and once as lost. */
export interface LongCall {
  readonly kind: 'slow' | 'lost'
  readonly function: FunctionFacts
  readonly limitMs: number
}

/** Looks at a thread's board from outside of the thread. */
export class CallWatch {
  readonly #board: CallBoard
  readonly #functions: readonly FunctionFacts[]
  readonly #limits: CallLimits
  #call = 0
  #lookedMs = 0
  /** How long the call has been seen to go on. A process that stood still meanwhile has not worked: a look counts for two at most. */
  #seenMs = 0

  constructor(board: CallBoard, functions: readonly FunctionFacts[], limits: CallLimits) {
    this.#board = board
    this.#functions = functions
    this.#limits = limits
  }

  look(nowMs: number): LongCall | undefined {
    const number = Atomics.load(this.#board, boardWords.function)
    const call = Atomics.load(this.#board, boardWords.calls)
    const passedMs = Math.min(nowMs - this.#lookedMs, 2 * lookEveryMs)
    this.#lookedMs = nowMs
    const found = this.#functions[number - 1]
    if (found === undefined || call !== this.#call) {
      this.#call = call
      this.#seenMs = 0
      return undefined
    }
    const beforeMs = this.#seenMs
    this.#seenMs += passedMs
    const { functionSlowMs, functionLimitMs } = this.#limits
    const passes = (limitMs: number): boolean => beforeMs < limitMs && this.#seenMs >= limitMs
    if (passes(functionLimitMs)) return { kind: 'lost', function: found, limitMs: functionLimitMs }
    return passes(functionSlowMs) ? { kind: 'slow', function: found, limitMs: functionSlowMs } : undefined
  }
}

/** What is said of a call that is given up. */
export function functionLost({ function: { name, span }, limitMs }: LongCall): StreamError {
  return new StreamError(
    'FUNCTION_FAILED',
    `function "${name}" did not return within ${formatDuration(limitMs)}`,
    {
      detail:
        'Its thread was ended: nothing else can stop it, and whatever was not committed is processed again.',
      hint: 'Look for a loop in it that does not end.',
      ...(span === undefined ? {} : { span }),
    },
  )
}

/** All functions of a topology, in the order of their numbers on the board. */
export function watchedFunctions({ nodes, functions }: Topology): readonly FunctionFacts[] {
  return functionFacts([...nodes.flatMap(functionsOf), ...functions.functions])
}

export function placeText({ span }: FunctionFacts): string {
  return span === undefined ? 'an unnamed place' : `${span.file}:${span.line}`
}
