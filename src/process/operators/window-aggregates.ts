import { unreachable } from '../../base/assert.ts'
import type { WindowAggregateNode } from '../../topology/topology.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import type { Processor } from '../processor.ts'
import { foldsOf } from './fold.ts'
import { SessionAggregate, sessionResults } from './session-aggregate.ts'
import { SlidingAggregate } from './sliding-aggregate.ts'
import { WindowAggregate } from './window-aggregate.ts'
import { WindowEmission } from './window-emission.ts'
import { windowGrid } from './window-grid.ts'

/** One operator for each stream that is folded, in order; what they keep and pass on is one table. */
export function makeWindowAggregates(
  node: WindowAggregateNode,
  env: ProcessEnvironment,
  next: Processor,
): readonly Processor[] {
  const { windows } = node
  const sides = foldsOf(node).map((fold, side) => ({ env, fold, time: timeOf(node, side, env) }))
  if (windows.kind === 'session') {
    const results = sessionResults(env.sessionStore(node.store), next)
    return sides.map((side) => new SessionAggregate(node, windows, { ...side, next, results }))
  }
  const store = env.windowStore(node.store)
  const emission = new WindowEmission({ node, store, grid: windowGrid(windows), env, next })
  switch (windows.kind) {
    case 'hopping':
    case 'cumulating':
      return sides.map((side) => new WindowAggregate(node, windows, { ...side, emission }))
    case 'sliding':
      return sides.map((side) => new SlidingAggregate(node, windows, { ...side, emission }))
    default:
      return unreachable(windows)
  }
}

/** Where windows are told of when they close, no stream may come back to one that another has closed. */
function timeOf({ id, emit }: WindowAggregateNode, side: number, env: ProcessEnvironment): EventTime {
  return env.eventTime(side === 0 || emit === 'close' ? id : `${id} ${side}`)
}
