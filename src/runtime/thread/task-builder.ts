import { assert } from '../../base/assert.ts'
import type { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { FunctionHost } from '../../functions/open-functions.ts'
import type { TopicPartition } from '../../kafka/contracts.ts'
import { buildProcessors } from '../../process/build.ts'
import type { ProcessEnvironment, RawRecord, RecordSource } from '../../process/environment.ts'
import type { EventTimes } from '../../process/event-times.ts'
import type { TaskContext } from '../../process/processor.ts'
import type { Formats } from '../../serde/formats.ts'
import type { CleanBudget } from '../../store/clean-budget.ts'
import type { ChangeLogSink, KeyValueStore, StateStore, StorePlace } from '../../store/contracts.ts'
import { openStore } from '../../store/open-store.ts'
import { lentStore, storeOfKind } from '../../store/store-of-kind.ts'
import { topicInCluster, topicInDefinition } from '../../topology/name-pattern.ts'
import type { Node, NodeId, StoreSpec, Topology } from '../../topology/topology.ts'
import type { ApplicationOptions, Surroundings } from '../options.ts'
import { changeLogTopic, repartitionTopic } from '../plan/topic-names.ts'
import type { TopicPlan } from '../plan/topic-plan.ts'
import { PartitionQueue } from '../task/partition-queue.ts'
import { Task } from '../task/task.ts'
import { repartitionsOf } from '../task/topics-mark.ts'
import type { Later, TaskProcessors } from '../task/task.ts'
import { TaskStore } from '../task/task-store.ts'
import type { BreakingRecords } from './breaking-records.ts'
import { labelledMetrics } from './labelled-metrics.ts'
import type { Output } from './output.ts'
import type { RecordPolicies } from './record-policies.ts'
import type { TaskRequest } from './task-set.ts'

export interface TaskBuilderParts {
  readonly topology: Topology
  readonly plan: TopicPlan
  readonly options: ApplicationOptions
  readonly surroundings: Surroundings
  readonly metrics: Metrics
  readonly output: Output
  readonly policies: RecordPolicies
  readonly breaking: BreakingRecords | undefined
  readonly cleanBudget: CleanBudget
  readonly functions: FunctionHost
  readonly formats: Formats
  readonly globalStore: (node: NodeId) => KeyValueStore
}

/** Makes the tasks of a thread: their queues, stores and operators. */
export class TaskBuilder {
  readonly #parts: TaskBuilderParts

  constructor(parts: TaskBuilderParts) {
    this.#parts = parts
  }

  build({ subTopology, partition, partitions }: TaskRequest): Task {
    const { topology, options, surroundings } = this.#parts
    const sub = topology.subTopologies.find((candidate) => candidate.index === subTopology)
    assert(sub !== undefined, `there is no sub-topology ${subTopology}`)
    const id = `${subTopology}_${partition}`
    const metrics = labelledMetrics(this.#parts.metrics, { task: id })
    const committed = this.#parts.output.counts.over(metrics)
    const logger = surroundings.logger.with({ task: id })
    const stores = topology.stores
      .filter((store) => sub.stores.includes(store.name))
      .map((store) => this.#store(store, { task: id, partition, metrics }))
    const nodes = topology.nodes.filter((node) => sub.nodes.includes(node.id))
    return new Task({
      id,
      subTopology,
      partition,
      queues: partitions.map((place) => newQueue(place, committed)),
      stores,
      repartitions: repartitionsOf(nodes),
      clock: surroundings.clock,
      maxTaskIdleMs: options.maxTaskIdleMs,
      build: (context, times, later) =>
        this.#processors(nodes, stores, { context, times, later, metrics, logger }),
      onRecordError: (raw, error, task) => this.#recordFailed(raw, error, task),
    })
  }

  #recordFailed(raw: RawRecord, error: StreamError, task: string): void {
    const { breaking, policies, options } = this.#parts
    policies.apply(raw, breaking?.judge(raw, error, options.policies) ?? error, task)
  }

  #store(spec: StoreSpec, { task, partition, metrics }: StoreOwner): TaskStore {
    const { options, output, surroundings, plan, formats, cleanBudget } = this.#parts
    const changeLog = this.#changeLogOf(spec, partition)
    // Kafka Streams gives stores' serializers the name of the change log too: schemas are registered under it.
    const logged = changeLog?.topic ?? changeLogTopic(options, spec.name)
    const place: StorePlace = { task, store: spec.name }
    const engines = spec.persistent ? surroundings.engines : undefined
    const to = { topic: changeLogTopic(options, spec.name), partition }
    const sink: ChangeLogSink = { append: (change) => output.sendChange(to, change) }
    return new TaskStore({
      spec,
      changeLog,
      topicId: plan.topicIds.get(changeLog?.topic ?? '') ?? '',
      open: () =>
        openStore({
          spec,
          keySerde: formats.serde(spec.key, logged, 'key'),
          valueSerde: formats.serde(spec.value, logged, 'value'),
          changeLog: sink,
          // Where a record that does not fit is to be left out, it must be found while it is at hand.
          checksWrites: options.policies.encode !== 'fail',
          cleanBudget,
          metrics,
          ...(engines === undefined ? {} : { engine: engines.open(place) }),
        }),
      drop: () => engines?.drop(place),
      acknowledged: (log) => output.producer.acknowledgedOffset(log),
      leaderEpoch: (log) => output.producer.leaderEpoch(log),
      nowMs: () => surroundings.clock.nowMs(),
    })
  }

  #changeLogOf(spec: StoreSpec, partition: number): TopicPartition | undefined {
    const { topology, options } = this.#parts
    if (spec.logging === 'none') return undefined
    if (spec.logging === 'own') return { topic: changeLogTopic(options, spec.name), partition }
    const source = topology.nodes.find((node) => node.kind === 'table-source' && node.store === spec.name)
    assert(source?.kind === 'table-source', `store "${spec.name}" is replayed from a table that is not there`)
    return { topic: source.topic, partition }
  }

  #processors(nodes: readonly Node[], stores: readonly TaskStore[], own: TaskOwn): TaskProcessors {
    const processors = buildProcessors(nodes, this.#environment(stores, own))
    const accept = singleSource(processors.sources)
    return {
      accept: this.#parts.breaking?.guard(accept) ?? accept,
      awaits: awaitsOf(processors.sources),
      punctuate: processors.punctuate,
      flush: () => processors.flush(),
      close: () => processors.close(),
    }
  }

  #environment(
    stores: readonly TaskStore[],
    { context, times, later, metrics, logger }: TaskOwn,
  ): ProcessEnvironment {
    const { options, output, functions, formats, globalStore } = this.#parts
    const storeOf = (name: string): StateStore => {
      const found = stores.find((store) => store.spec.name === name)
      assert(found !== undefined, `there is no store "${name}" in this task`)
      return found.store
    }
    const keyValue = (name: string): KeyValueStore => storeOfKind(storeOf(name), 'key-value')
    // What functions count themselves is the world outside: it counts at once, and again.
    const lent = {
      store: (name: string) => lentStore(storeOf(name)),
      logger,
      metrics,
      recordTimestampMs: () => context.timestampMs ?? 0,
    }
    return {
      context,
      collector: output,
      logger,
      metrics: output.counts.over(metrics),
      store: keyValue,
      windowStore: (name) => storeOfKind(storeOf(name), 'window'),
      sessionStore: (name) => storeOfKind(storeOf(name), 'session'),
      versionedStore: (name) => storeOfKind(storeOf(name), 'versioned'),
      listStore: (name) => storeOfKind(storeOf(name), 'list'),
      eventTime: (name) => times.of(name),
      globalStore,
      bind: (ref) => functions.bind(ref, lent),
      serde: (format, topic, side) => formats.serde(format, topic, side),
      text: (format) => formats.text(format),
      topics: {
        internal: (name) => repartitionTopic(options, name),
        real: (name) => topicInCluster(name, options.names.topic),
        known: (topic) => topicInDefinition(topic, options.names.topic),
      },
      partitionCount: (topic) => output.partitionCount(topic),
      whenKnown: (topic, action) => output.whenKnown(topic, later(action)),
    }
  }
}

interface StoreOwner {
  readonly task: string
  readonly partition: number
  readonly metrics: Metrics
}

interface TaskOwn {
  readonly context: TaskContext
  readonly times: EventTimes
  readonly later: Later
  readonly metrics: Metrics
  readonly logger: Logger
}

function newQueue(partition: TopicPartition, metrics: Metrics): PartitionQueue {
  const queue = new PartitionQueue(
    partition,
    metrics.counter('weft_records_in_total', 'records processed', { topic: partition.topic }),
  )
  const labels = { topic: partition.topic, partition: String(partition.partition) }
  metrics.gauge(
    'weft_lag_records',
    'records between the task and the end of its input',
    () => queue.lagRecords,
    labels,
  )
  metrics.gauge('weft_queue_bytes', 'bytes fetched and not processed', () => queue.queuedBytes, labels)
  return queue
}

type Accept = (raw: RawRecord) => void

/** Undefined where no source ever waits, so that no record pays for the question. */
function awaitsOf(sources: ReadonlyMap<string, RecordSource>): TaskProcessors['awaits'] {
  if ([...sources.values()].every((source) => source.awaits === undefined)) return undefined
  return (raw) => sources.get(raw.topic)?.awaits?.(raw) === true
}

/** The way in without a look-up where there is but one; the usual case, and on the path of every record. */
function singleSource(sources: ReadonlyMap<string, { accept: Accept }>): Accept {
  const [only, second] = [...sources.values()]
  if (only !== undefined && second === undefined) return (raw) => only.accept(raw)
  return (raw) => {
    const source = sources.get(raw.topic)
    assert(source !== undefined, `no source reads topic "${raw.topic}"`)
    source.accept(raw)
  }
}
