import type { Logger } from '../../base/logger.ts'
import { isFirstUse, type Counter, type Metrics } from '../../base/metrics.ts'
import type { NodeId } from '../../topology/topology.ts'
import { expectedDrops, type DropReason } from '../drop-reasons.ts'
import type { TaskContext } from '../processor.ts'

/** What one operator counts; one addition a record each. */
export interface NodeCounters {
  readonly recordsIn: Counter
  readonly recordsOut: Counter
}

export function nodeCounters(metrics: Metrics, node: NodeId): NodeCounters {
  const labels = { node }
  return {
    recordsIn: metrics.counter('weft_operator_records_in_total', 'Records that an operator took', labels),
    recordsOut: metrics.counter(
      'weft_operator_records_out_total',
      'Records that an operator passed on',
      labels,
    ),
  }
}

/** What was left out by one operator for one reason. */
export interface Drops {
  count(): void
}

interface DropSurroundings {
  readonly metrics: Metrics
  readonly logger: Logger
  /** Absent: what is left out is no input of a task. */
  readonly context?: Pick<TaskContext, 'topic' | 'partition' | 'offset'>
}

/** Counts what is left out; where an author would not expect that, the first record is named in the log. */
export function drops(env: DropSurroundings, node: NodeId, reason: DropReason): Drops {
  const help = 'Records left out because an operator has no use for them'
  const counter = env.metrics.counter('weft_records_dropped_total', help, { node, reason })
  const silent = expectedDrops.has(reason)
  return {
    count: () => {
      counter.value++
      if (!silent && isFirstUse(counter)) sayLeftOut(env, node, reason)
    },
  }
}

function sayLeftOut({ logger, context }: DropSurroundings, node: NodeId, reason: DropReason): void {
  const { topic, partition, offset } = context ?? { offset: -1 }
  logger.warn('a record is left out, and others like it are only counted', {
    node,
    reason,
    ...(offset < 0 ? {} : { topic, partition, offset }),
  })
}
