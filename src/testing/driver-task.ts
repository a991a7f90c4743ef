import { assert } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import type { ManualClock } from '../base/manual-clock.ts'
import type { Metrics } from '../base/metrics.ts'
import type { FunctionHost } from '../functions/open-functions.ts'
import { buildProcessors, type Processors } from '../process/build.ts'
import type { OutgoingRecord, ProcessEnvironment, RawRecord, TopicNames } from '../process/environment.ts'
import { EventTimes } from '../process/event-times.ts'
import type { TaskContext } from '../process/processor.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import { plainTextForm } from '../serde/text-form.ts'
import type { KeyValueStore, StateStore } from '../store/contracts.ts'
import { openStore, type OpenedStore } from '../store/open-store.ts'
import { lentStore, storeOfKind } from '../store/store-of-kind.ts'
import type { Node, NodeId, StoreSpec, SubTopology } from '../topology/topology.ts'

/** What the tasks of one driver share. */
export interface DriverSurroundings {
  readonly clock: ManualClock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly functions: FunctionHost
  readonly globalStore: (node: NodeId) => KeyValueStore
  readonly topics: TopicNames
  readonly partitionCount: (topic: string) => number
  readonly send: (record: OutgoingRecord) => void
  /** Absent: in memory, without change log. */
  readonly openStore?: (spec: StoreSpec, task: string) => OpenedStore
}

export interface DriverTaskParts {
  readonly sub: SubTopology
  readonly partition: number
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
  readonly surroundings: DriverSurroundings
}

/** One sub-topology on one partition: its operators and stores, without a broker below them. */
export class DriverTask {
  readonly context: TaskContext
  readonly #processors: Processors
  readonly #stores: ReadonlyMap<string, OpenedStore>

  constructor({ sub, partition, nodes, stores, surroundings }: DriverTaskParts) {
    this.context = {
      topic: '',
      partition: -1,
      offset: -1,
      streamTimeMs: -1,
      clock: surroundings.clock,
    }
    const own = stores.filter(({ name }) => sub.stores.includes(name))
    const open = surroundings.openStore ?? ((spec) => openInMemory(spec, surroundings.metrics))
    this.#stores = new Map(own.map((spec) => [spec.name, open(spec, `${sub.index}_${partition}`)]))
    this.#processors = buildProcessors(
      nodes.filter(({ id }) => sub.nodes.includes(id)),
      this.#environment(surroundings),
    )
  }

  accept(raw: RawRecord): void {
    const source = this.#processors.sources.get(raw.topic)
    assert(source !== undefined, `no source reads topic "${raw.topic}"`)
    source.accept(raw)
    this.punctuate()
  }

  /** What time has come for. */
  punctuate(): void {
    this.#processors.punctuate?.()
  }

  /** Operators push out what they hold, and stores take their changes for committed. */
  commit(): void {
    this.#processors.flush()
    for (const { managed } of this.#stores.values()) managed.committed(managed.seal(), undefined)
  }

  store(name: string): StateStore | undefined {
    return this.#stores.get(name)?.store
  }

  close(): void {
    this.#processors.close()
    for (const { managed } of this.#stores.values()) managed.close()
  }

  #environment(surroundings: DriverSurroundings): ProcessEnvironment {
    const { context } = this
    const { logger, metrics, functions } = surroundings
    const found = (name: string): StateStore => {
      const store = this.store(name)
      assert(store !== undefined, `there is no store "${name}" in this task`)
      return store
    }
    const store = (name: string): KeyValueStore => storeOfKind(found(name), 'key-value')
    const times = new EventTimes()
    const lent = {
      store: (name: string) => lentStore(found(name)),
      logger,
      metrics,
      recordTimestampMs: () => context.timestampMs ?? 0,
    }
    return {
      context,
      collector: { send: (record) => surroundings.send(record) },
      logger,
      metrics,
      store,
      windowStore: (name) => storeOfKind(found(name), 'window'),
      sessionStore: (name) => storeOfKind(found(name), 'session'),
      versionedStore: (name) => storeOfKind(found(name), 'versioned'),
      listStore: (name) => storeOfKind(found(name), 'list'),
      eventTime: (name) => times.of(name),
      globalStore: surroundings.globalStore,
      bind: (ref) => functions.bind(ref, lent),
      serde: (format, _topic, side) => serdeFor(format, side),
      text: plainTextForm,
      topics: surroundings.topics,
      partitionCount: surroundings.partitionCount,
      // A driver knows the partitions of every topic.
      whenKnown: (_, action) => action(),
    }
  }
}

function openInMemory(spec: StoreSpec, metrics: Metrics): OpenedStore {
  return openStore({
    spec: { ...spec, logging: 'none' },
    keySerde: serdeFor(spec.key, 'key'),
    valueSerde: serdeFor(spec.value),
    changeLog: undefined,
    metrics,
  })
}
