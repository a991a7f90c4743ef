/**
 * What a thread shows of the function that it is in, for whoever watches from another: a function that does not return stops all else in
 * its own thread. Two words of shared memory: the number of the function, 0 between calls, and how many calls there were, so that a
 * function that is called again and again is told from one that stays. Plain stores: a watcher that looks once a second may see them late.
 */
import type { SourceSpan } from '../base/errors.ts'
import { placeOf, type FunctionRef } from '../topology/functions.ts'
import type { BoundFunction } from './bound-function.ts'

export type CallBoard = Int32Array<SharedArrayBuffer>

export const boardWords = { function: 0, calls: 1 } as const

export function newCallBoard(): CallBoard {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
}

export interface FunctionFacts {
  readonly name: string
  /** Where its code begins. */
  readonly span: SourceSpan | undefined
}

/** Each once, by name; the number of one is its place here, from 1. */
export function functionFacts(refs: readonly FunctionRef[]): readonly FunctionFacts[] {
  const bodies = new Map(refs.map(({ name, body }) => [name, body]))
  return [...bodies].map(([name, body]) => ({ name, span: placeOf(body) }))
}

/** Shows on the board when it is called. On the hot path: three stores a call. */
export class ShownFunction implements BoundFunction {
  readonly #inner: BoundFunction
  readonly #board: CallBoard
  readonly #number: number

  constructor(inner: BoundFunction, board: CallBoard, number: number) {
    this.#inner = inner
    this.#board = board
    this.#number = number
  }

  call(args: readonly unknown[]): unknown {
    const board = this.#board
    board[boardWords.calls] = (board[boardWords.calls] as number) + 1
    board[boardWords.function] = this.#number
    try {
      return this.#inner.call(args)
    } finally {
      board[boardWords.function] = 0
    }
  }
}
