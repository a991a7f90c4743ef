import type { AggregateNode, Fold, NodeId, WindowAggregateNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { TopValues } from './top-values.ts'
import { UserFunction } from './user-function.ts'

/** How records become an aggregate. A null result is no aggregate: it deletes. */
export interface FoldFunctions {
  /** The aggregate before the first record. */
  initial(): unknown
  /** @param aggregate - of the records before; what {@link FoldFunctions.initial} gave where there are none */
  next(key: unknown, value: unknown, aggregate: unknown): unknown
  /** Of two aggregates one; `first` may be initial. */
  merge(key: unknown, first: unknown, second: unknown): unknown
}

/** How the records of each input of a node are folded. */
export function foldsOf({ fold, others = [] }: AggregateNode | WindowAggregateNode): readonly Fold[] {
  return [fold, ...others.map(({ aggregator }): Fold => ({ ...fold, aggregator }) as Fold)]
}

export function foldFunctions(fold: Fold, node: NodeId, env: ProcessEnvironment): FoldFunctions {
  switch (fold.kind) {
    case 'count':
      return {
        initial: () => 0,
        next: (_key, _value, count) => (count as number) + 1,
        merge: (_key, first, second) => (first as number) + (second as number),
      }
    case 'top':
      return new TopValues(fold, node, env)
    case 'reduce': {
      const reducer = new UserFunction(fold.reducer, node, env)
      const combine = (first: unknown, second: unknown): unknown =>
        first === null ? second : reducer.call2(first, second)
      return {
        initial: () => null,
        next: (_key, value, aggregate) => combine(aggregate, value),
        merge: (_key, first, second) => combine(first, second),
      }
    }
    case 'aggregate': {
      const initializer = new UserFunction(fold.initializer, node, env)
      const aggregator = new UserFunction(fold.aggregator, node, env)
      const merger = fold.merger === undefined ? undefined : new UserFunction(fold.merger, node, env)
      return {
        initial: () => initializer.call0(),
        next: (key, value, aggregate) => aggregator.call3(key, value, aggregate),
        merge: (key, first, second) => merger?.call3(key, first, second) ?? null,
      }
    }
  }
}
