import type { ProcessEnvironment } from '../environment.ts'
import type { TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { Processor } from '../processor.ts'
import { TtlDimensionJoin } from './ttl-dimension-join.ts'
import { TtlEventJoin } from './ttl-event-join.ts'

/** The two sides of a join by time-to-live. */
export function makeTtlJoin(
  node: TtlJoinNode,
  env: ProcessEnvironment,
  next: Processor,
): readonly [Processor, Processor] {
  const dimension = node.tables[node.scope]?.role === 'dimension'
  const join = dimension ? new TtlDimensionJoin(node, env, next) : new TtlEventJoin(node, env, next)
  return [{ process: (record) => join.left(record) }, { process: (record) => join.right(record) }]
}
