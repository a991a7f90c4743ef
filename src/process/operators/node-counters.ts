import type { Counter, Metrics } from '../../base/metrics.ts'
import type { NodeId } from '../../topology/topology.ts'

/** What one operator counts; one addition a record each. */
export interface NodeCounters {
  readonly recordsIn: Counter
  readonly recordsOut: Counter
}

/** Why an operator may leave a record out without its being an error. */
export type DropReason =
  | 'null-key'
  | 'null-value'
  | 'null-key-or-value'
  | 'negative-timestamp'
  | 'no-single-index'
  | 'late'
  | 'duplicate'
  | 'null-foreign-key'
  | 'stale-answer'

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

export function dropCounter(metrics: Metrics, node: NodeId, reason: DropReason): Counter {
  const help = 'Records left out because an operator has no use for them'
  return metrics.counter('weft_records_dropped_total', help, { node, reason })
}
