import type { JoinGrace } from '../../topology/stream-table-nodes.ts'
import type { NodeId } from '../../topology/topology.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import type { StreamTableJoin } from './stream-table-join.ts'
import { WaitingRecords } from './waiting-records.ts'

interface WaitingJoinParts {
  readonly env: ProcessEnvironment
  readonly join: StreamTableJoin
}

/**
 * A join of a stream with a versioned table, whose rows may come later than the records that belong to them: each record waits until the
 * stream's time is `grace` past its own. One that comes later than that is joined at once.
 */
export class WaitingJoin implements Processor {
  readonly #graceMs: number
  readonly #join: StreamTableJoin
  readonly #waiting: WaitingRecords
  /** The largest time of a record that waited. */
  readonly #time: EventTime

  constructor(node: NodeId, grace: JoinGrace, { env, join }: WaitingJoinParts) {
    const topic = env.topics.internal(grace.store)
    this.#graceMs = grace.ms
    this.#join = join
    this.#waiting = new WaitingRecords({
      store: env.store(grace.store),
      keys: env.serde(grace.key, topic, 'key'),
      values: env.serde(grace.value, topic, 'value'),
    })
    this.#time = env.eventTime(node)
  }

  process(record: StreamRecord): void {
    const { key, value, timestampMs } = record
    const time = this.#time
    // What has no row to wait for is left out, or in a left join goes on, as without grace.
    if (key === null || value === null || timestampMs < time.ms - this.#graceMs) {
      this.#join.process(record)
      return
    }
    if (timestampMs > time.ms) time.ms = timestampMs
    this.#waiting.add(record)
    for (const due of this.#waiting.take(time.ms - this.#graceMs)) this.#join.process(due)
  }
}
