import { materialize } from '../../data/lazy.ts'
import type { NodeId, TopFold } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { UserFunction } from './user-function.ts'

type Rank = number | bigint | string

/** The best values of a group, the best first; of equal ones the earlier. A value without rank is none of them. */
export class TopValues {
  readonly #fold: TopFold
  readonly #by: UserFunction

  constructor(fold: TopFold, node: NodeId, env: ProcessEnvironment) {
    this.#fold = fold
    this.#by = new UserFunction(fold.by, node, env)
  }

  initial(): unknown {
    return []
  }

  next(key: unknown, value: unknown, aggregate: unknown): unknown {
    const best = materialize(aggregate) as readonly unknown[]
    const rank = value === null ? null : this.#rank(key, value)
    if (rank === null) return best
    const place = this.#placeOf(key, rank, best)
    return place < this.#fold.count
      ? best.toSpliced(place, 0, materialize(value)).slice(0, this.#fold.count)
      : best
  }

  merge(key: unknown, first: unknown, second: unknown): unknown {
    const values = materialize(second) as readonly unknown[]
    return values.reduce((best, value) => this.next(key, value, best), first)
  }

  /** Behind all that are as good. */
  #placeOf(key: unknown, rank: Rank, best: readonly unknown[]): number {
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#rank(key, best[middle])
      if (other !== null && this.#isBetter(rank, other)) high = middle
      else low = middle + 1
    }
    return low
  }

  #isBetter(rank: Rank, other: Rank): boolean {
    return this.#fold.descending ? rank > other : rank < other
  }

  #rank(key: unknown, value: unknown): Rank | null {
    const rank = materialize(this.#by.call2(key, value))
    if (rank === null || typeof rank === 'string' || typeof rank === 'bigint') return rank
    if (typeof rank === 'number') return Number.isNaN(rank) ? null : rank
    throw this.#by.unusable(rank, 'a number or text to rank by')
  }
}
