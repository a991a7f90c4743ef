import type { Clock } from '../../base/clock.ts'
import { assert } from '../../base/assert.ts'
import { StreamError, toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Metrics } from '../../base/metrics.ts'
import { partitionKey } from '../../kafka/contracts.ts'
import type { Fetcher, IsolationLevel, Kafka, TopicPartition } from '../../kafka/contracts.ts'
import type { RawRecord } from '../../process/environment.ts'
import { openGlobalTable } from '../../process/global-table.ts'
import type { GlobalTable } from '../../process/global-table.ts'
import type { Formats } from '../../serde/formats.ts'
import type { CleanBudget } from '../../store/clean-budget.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { GlobalTableNode, NodeId, Topology } from '../../topology/topology.ts'
import type { RestoreProgress } from './restorer.ts'
import { LeftOutRows } from './left-out-rows.ts'
import { PartitionQueue } from '../task/partition-queue.ts'
import { newRawRecord } from '../task/raw-record.ts'
import { withCoordinates } from '../task/record-policy.ts'

export interface GlobalTablesParts {
  readonly topology: Topology
  readonly kafka: Pick<Kafka, 'admin'>
  readonly fetcher: Fetcher
  readonly isolation: IsolationLevel
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  readonly formats: Formats
  readonly cleanBudget: CleanBudget
  /** Decides on records that cannot be decoded. @throws the error where the application is to stop */
  readonly onRecordError: (error: StreamError) => void
  readonly stopping: () => boolean
  readonly report: (progress: LoadProgress) => void
}

type LoadProgress = Pick<RestoreProgress, 'name' | 'records' | 'remaining'>

/** A partition of a table's topic as it was when the load began. */
interface Extent {
  readonly partition: TopicPartition
  readonly start: number
  readonly end: number
}

interface Following {
  readonly table: GlobalTable
  readonly queue: PartitionQueue
  readonly leftOut: LeftOutRows
}

/** Chunks applied in one turn of the thread, when a table that is in use grows. */
const chunksPerTurn = 16
const loadingWaitMs = 100

/**
 * This thread's copies of global tables: read to their end before the first record is processed, then followed between slices, so
 * that a look-up within one record always sees one state. A table has no offsets and no part in commits: it begins from the
 * start of its topic each time.
 */
export class GlobalTables {
  readonly #parts: GlobalTablesParts
  readonly #tables = new Map<NodeId, GlobalTable>()
  readonly #following = new Map<string, Following[]>()
  readonly #raw: RawRecord = newRawRecord()

  constructor(parts: GlobalTablesParts) {
    this.#parts = parts
  }

  store(node: NodeId): KeyValueStore {
    const table = this.#tables.get(node)
    assert(table !== undefined, `there is no global table "${node}"`)
    return table.store
  }

  /** Resolves when every table has what its topic had at this call, for readers of this isolation. */
  async load(): Promise<void> {
    const { topology, kafka, fetcher, isolation, logger, formats, stopping } = this.#parts
    const nodes = topology.nodes.filter((node) => node.kind === 'global-table')
    if (nodes.length === 0) return
    const partitions = await partitionsOf(kafka, nodes)
    for (const node of nodes) this.#follow(node, partitions)
    const starts = await kafka.admin.listOffsets(partitions, 'earliest', isolation)
    const ends = await kafka.admin.listOffsets(partitions, 'latest', isolation)
    const extents = partitions.map((partition): Extent => {
      const start = starts.get(partitionKey(partition)) ?? 0
      return { partition, start, end: Math.max(start, ends.get(partitionKey(partition)) ?? 0) }
    })
    for (const { partition, start } of extents) {
      for (const { queue } of this.#of(partition)) queue.reset(start)
      fetcher.assign(partition, start)
    }
    while (this.#report(extents) > 0 && !stopping()) {
      const chunks = this.step()
      formats.check()
      if (chunks === 0) await fetcher.ready(loadingWaitMs)
    }
    for (const { leftOut } of [...this.#following.values()].flat()) leftOut.sumUp()
    logger.info('global tables loaded', { tables: nodes.length })
  }

  /** Says how far the load of each topic is. @returns how many records are missing */
  #report(extents: readonly Extent[]): number {
    let missing = 0
    for (const [name, own] of Map.groupBy(extents, ({ partition }) => partition.topic)) {
      let remaining = 0
      let total = 0
      for (const { partition, start, end } of own) {
        remaining += Math.max(0, end - this.#positionOf(partition))
        total += end - start
      }
      this.#parts.report({ name, records: total - remaining, remaining })
      missing += remaining
    }
    return missing
  }

  /** Applies what has arrived. @returns how many chunks */
  step(): number {
    if (this.#tables.size === 0) return 0
    this.#applyWaiting()
    let chunks = 0
    for (; chunks < chunksPerTurn; chunks++) {
      const chunk = this.#parts.fetcher.poll()
      if (chunk === undefined) break
      const { isolation } = this.#parts
      const end = isolation === 'read_committed' ? chunk.lastStableOffset : chunk.highWatermark
      if (chunk.outOfRange === true) throw outOfLog(chunk)
      // Two tables may follow one topic: neither knows when the other has read the chunk, so its memory is left to the collector.
      const { release: _, ...kept } = chunk
      for (const following of this.#of(chunk)) {
        following.queue.add(kept, end)
        this.#apply(following)
      }
    }
    return chunks
  }

  /** Records that waited for a schema: it may have come, and no chunk of theirs need follow. */
  #applyWaiting(): void {
    for (const following of this.#following.values())
      for (const one of following) if (one.queue.load()) this.#apply(one)
  }

  async close(): Promise<void> {
    await this.#parts.fetcher.close()
    for (const table of this.#tables.values()) table.close()
  }

  #apply({ table, queue, leftOut }: Following): void {
    const raw = this.#raw
    while (queue.load()) {
      queue.take(raw)
      if (table.awaits(raw)) break
      try {
        table.apply(raw)
      } catch (error) {
        const failure = toStreamError(error)
        this.#parts.onRecordError(withCoordinates(failure, raw, `global table ${table.node}`))
        leftOut.note(raw, failure)
      }
      queue.advance()
    }
  }

  #follow(node: GlobalTableNode, partitions: readonly TopicPartition[]): void {
    const { topology, metrics, logger, clock, formats, cleanBudget } = this.#parts
    const spec = topology.stores.find((store) => store.name === node.store)
    assert(spec?.kind === 'key-value', `global table "${node.id}" has no key-value store "${node.store}"`)
    const table = openGlobalTable(node, {
      spec,
      metrics,
      logger,
      clock,
      cleanBudget,
      serde: (format, topic, side) => formats.serde(format, topic, side),
    })
    this.#tables.set(node.id, table)
    const labels = { topic: node.topic, table: node.id }
    const taken = metrics.counter('weft_global_records_total', 'records applied to global tables', labels)
    const leftOut = new LeftOutRows(node.id, logger)
    for (const partition of partitions.filter(({ topic }) => topic === node.topic)) {
      this.#following.set(partitionKey(partition), [
        ...this.#of(partition),
        { table, queue: new PartitionQueue(partition, taken), leftOut },
      ])
    }
  }

  #of(partition: TopicPartition): readonly Following[] {
    return this.#following.get(partitionKey(partition)) ?? []
  }

  #positionOf(partition: TopicPartition): number {
    return Math.min(...this.#of(partition).map(({ queue }) => queue.position))
  }
}

async function partitionsOf(
  kafka: Pick<Kafka, 'admin'>,
  nodes: readonly GlobalTableNode[],
): Promise<TopicPartition[]> {
  const topics = await kafka.admin.describeTopics([...new Set(nodes.map((node) => node.topic))])
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
}

/** The topic was cut or made anew under a table in use: only reading it all again makes the table whole. */
function outOfLog(partition: TopicPartition): StreamError {
  const message = `the log of global table topic "${partition.topic}" was cut, reading it again`
  return new StreamError('KAFKA_RETRIABLE', message)
}
