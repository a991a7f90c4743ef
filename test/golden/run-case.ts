import { join } from 'node:path'
import { ProcessEngines, type EngineKind } from '../../src/store/state-engines.ts'
import type { Application } from '../../src/runtime/application.ts'
import { TestCluster, type TestApplicationSettings } from '../../src/testing/cluster.ts'
import type { Node, Topology } from '../../src/topology/topology.ts'
import { bytesOf, TopicLines, type CaseRecord, type GoldenCase, type RunName } from './golden-case.ts'

/** How one run of a case differs from the others. */
export type RunState =
  | { readonly engine: 'memory' }
  | { readonly engine: EngineKind; readonly folder: string }

interface Way {
  readonly partitions: number
  readonly settings: TestApplicationSettings
  /** After so many records the applications end, and others take their places; 0: never. */
  readonly endEvery: number
  readonly end: 'stop' | 'crash'
}

const once = { guarantee: 'exactly_once_v2' } as const
const atLeastOnce = { guarantee: 'at_least_once' } as const
const ways: Readonly<Record<RunName, Way>> = {
  whole: { partitions: 1, settings: once, endEvery: 0, end: 'stop' },
  split: { partitions: 4, settings: { ...once, threads: 2 }, endEvery: 0, end: 'stop' },
  'at least once': { partitions: 1, settings: atLeastOnce, endEvery: 0, end: 'stop' },
  stopped: { partitions: 2, settings: once, endEvery: 3, end: 'stop' },
  'stopped at least once': { partitions: 2, settings: atLeastOnce, endEvery: 5, end: 'stop' },
  crashed: { partitions: 2, settings: once, endEvery: 4, end: 'crash' },
}

/** Virtual time in which the output must be there, and in which nothing more may come. */
const outputWithinMs = 20_000
const quietMs = 300
const startsWithinMs = 3_600_000

/** What a run gave and what it should have given, per topic, in lines that can be compared. */
export interface CaseResult {
  readonly actual: Readonly<Record<string, readonly string[]>>
  readonly expected: Readonly<Record<string, readonly string[]>>
}

/** Whether a run has lives that end, of which others take over. */
export function endsInBetween(run: RunName): boolean {
  return ways[run].endEvery > 0
}

/** @param changed - in place of the run's own */
export async function runCase(
  golden: GoldenCase,
  name: RunName,
  state: RunState = { engine: 'memory' },
  changed: Partial<Pick<Way, 'partitions' | 'endEvery'>> = {},
): Promise<CaseResult> {
  const way = { ...ways[name], ...changed }
  await using cluster = new TestCluster({ seed: 7 })
  for (const topic of topicsOf(golden)) await cluster.createTopic(topic, way.partitions)
  const run = new CaseRun(cluster, golden, { ...way, ordered: name === 'whole', state })
  try {
    return await run.run()
  } finally {
    await run.closeEngines()
  }
}

/** The same case with every store on disk. */
export function onDisk(golden: GoldenCase): GoldenCase {
  const topologies = golden.topologies.map((topology) => ({
    ...topology,
    stores: topology.stores.map((store) => ({ ...store, persistent: true })),
  }))
  return { ...golden, topologies }
}

/** Whether a case has a store that a task keeps. */
export function keepsState({ topologies }: GoldenCase): boolean {
  return topologies.some(({ subTopologies }) => subTopologies.some(({ stores }) => stores.length > 0))
}

interface CaseWay extends Way {
  readonly ordered: boolean
  readonly state: RunState
}

class CaseRun {
  readonly #cluster: TestCluster
  readonly #golden: GoldenCase
  readonly #way: CaseWay
  #engines: ProcessEngines[] = []
  #running: Application[] = []

  constructor(cluster: TestCluster, golden: GoldenCase, way: CaseWay) {
    this.#cluster = cluster
    this.#golden = golden
    this.#way = way
  }

  async run(): Promise<CaseResult> {
    const { input } = this.#golden
    for (const [index, part] of input.entries()) {
      await this.#feed(part)
      if (index < input.length - 1) await this.#processed()
    }
    return this.#outcome()
  }

  async #feed(part: readonly CaseRecord[]): Promise<void> {
    const size = this.#way.endEvery === 0 ? part.length : this.#way.endEvery
    for (let start = 0; start < part.length; start += size) {
      await this.#produce(part.slice(start, start + size))
      if (this.#running.length === 0) await this.#start()
      if (start + size < part.length) await this.#end()
    }
  }

  /** In the order of the file: runs of records for one topic, each acknowledged before the next is sent. */
  async #produce(records: readonly CaseRecord[]): Promise<void> {
    let from = 0
    for (let to = 1; to <= records.length; to++) {
      const topic = records[from]?.topic
      if (topic === undefined || records[to]?.topic === topic) continue
      await this.#cluster.produce(
        topic,
        records.slice(from, to).map((record) => this.#sent(record)),
      )
      from = to
    }
  }

  #sent({ key, value, timestamp, partition }: CaseRecord) {
    return {
      key: bytesOf(key),
      value: bytesOf(value),
      ...(timestamp === undefined ? {} : { timestampMs: timestamp }),
      ...(partition === undefined ? {} : { partition: partition % this.#way.partitions }),
    }
  }

  /** A process of its own: what the one before had open is closed, as its end would have. */
  async #start(): Promise<void> {
    const { state } = this.#way
    if (state.engine !== 'memory') {
      this.#engines = await Promise.all(
        this.#golden.topologies.map(({ name }) =>
          ProcessEngines.open({
            kind: state.engine,
            folder: join(state.folder, name),
            budgetBytes: 8 * 1_048_576,
          }),
        ),
      )
    }
    this.#running = this.#golden.topologies.map((topology, index) => {
      const engines = this.#engines[index]
      const settings = {
        applicationId: topology.name,
        // Whoever comes back takes the place of the one before.
        identity: { kind: 'fixed', processId: 'p' },
        commitIntervalMs: 20,
        fetchMaxWaitMs: 50,
        policies: this.#golden.policies,
        python: { snapshotFolder: 'node_modules/.cache/weft' },
        ...this.#way.settings,
      } as const
      const application = this.#cluster.application(
        topology,
        settings,
        engines === undefined ? {} : { engines },
      )
      application.start()
      return application
    })
  }

  async #end(): Promise<void> {
    if (this.#way.end === 'stop') {
      await this.#processed()
      for (const application of this.#running) await this.#cluster.run(application.stop())
    } else {
      // Now and then in the middle of the start.
      if (this.#cluster.random.next() < 0.7) await this.#started()
      await this.#cluster.advance(this.#cluster.random.below(150))
      for (const application of this.#running) this.#cluster.crash(application)
    }
    this.#running = []
    await this.closeEngines()
  }

  async closeEngines(): Promise<void> {
    for (const engines of this.#engines) await engines.close()
    this.#engines = []
  }

  /** Python takes real time to load, in which much virtual time passes. */
  async #started(): Promise<void> {
    const started = (): boolean =>
      this.#running.every(({ state }) => state === 'running' || state === 'failed')
    await this.#cluster.until(started, startsWithinMs)
  }

  /** Waits until everything that is there has been read, the applications' internal topics included. */
  async #processed(): Promise<void> {
    const cluster = this.#cluster
    for (let quiet = 0; quiet < 2;) {
      quiet = (await this.#hasReadAll()) ? quiet + 1 : 0
      await cluster.advance(60)
    }
  }

  async #hasReadAll(): Promise<boolean> {
    this.#checkFailures()
    if (this.#running.some(({ state }) => state !== 'running')) return false
    const tasks = this.#running.flatMap((application) =>
      application.threads().flatMap((thread) => thread.tasks),
    )
    const inputs = tasks.flatMap((task) => task.inputs)
    const { admin } = this.#cluster.kafka
    const ends = await this.#cluster.run(admin.listOffsets(inputs, 'latest', 'read_committed'))
    return inputs.every(
      ({ topic, partition, position }) => position >= (ends.get(`${topic}-${partition}`) ?? 0),
    )
  }

  #checkFailures(): void {
    if (this.#running.some(({ state }) => state === 'failed')) throw new Error('the application has failed')
  }

  async #outcome(): Promise<CaseResult> {
    await this.#started()
    const endMs = this.#cluster.clock.nowMs() + outputWithinMs
    let result = await this.#read()
    while (!sameLines(result) && this.#cluster.clock.nowMs() < endMs) {
      const failed = this.#running.find(({ state }) => state === 'failed')
      if (failed !== undefined) await failed.done
      await this.#cluster.advance(60)
      result = await this.#read()
    }
    await this.#cluster.advance(quietMs)
    return this.#read()
  }

  async #read(): Promise<CaseResult> {
    const actual: Record<string, readonly string[]> = {}
    const expected: Record<string, readonly string[]> = {}
    for (const topic of outputsOf(this.#golden)) {
      const wanted = this.#golden.expected.filter((record) => record.topic === topic)
      const lines = new TopicLines(wanted)
      const read = await this.#cluster.read(topic)
      actual[topic] = this.#comparable(
        read.map(({ keyBytes, value, timestampMs }) => lines.ofOutput({ key: keyBytes, value, timestampMs })),
      )
      expected[topic] = this.#comparable(wanted.map((record) => lines.ofExpected(record)))
    }
    return { actual, expected }
  }

  #comparable(lines: readonly { key: string; text: string; keyed: boolean }[]): readonly string[] {
    if (this.#golden.compare === 'last')
      return [...new Map(lines.map(({ key, text }) => [key, text])).values()].toSorted()
    if (this.#way.ordered) return lines.map(({ text }) => text)
    const byKey = Map.groupBy(lines, ({ key }) => key)
    // Records without a key go to any partition.
    for (const [key, group] of byKey)
      if (group[0]?.keyed === false)
        byKey.set(
          key,
          group.toSorted((a, b) => (a.text < b.text ? -1 : 1)),
        )
    return [...byKey.keys()].toSorted().flatMap((key) => (byKey.get(key) ?? []).map(({ text }) => text))
  }
}

function sameLines({ actual, expected }: CaseResult): boolean {
  return Object.keys(expected).every((topic) => actual[topic]?.join('\n') === expected[topic]?.join('\n'))
}

function topicsOf(golden: GoldenCase): Set<string> {
  const read = golden.topologies.flatMap(({ nodes }) => nodes.flatMap(readBy))
  const sent = golden.input.flat().map(({ topic }) => topic)
  return new Set([...read, ...sent, ...outputsOf(golden)])
}

function readBy(node: Node): readonly string[] {
  if (node.kind === 'source') return node.topics
  return node.kind === 'table-source' || node.kind === 'global-table' ? [node.topic] : []
}

function outputsOf({ topologies, expected }: GoldenCase): Set<string> {
  return new Set([...topologies.flatMap(writtenBy), ...expected.map(({ topic }) => topic)])
}

function writtenBy({ nodes }: Topology): readonly string[] {
  return nodes.flatMap((node) =>
    node.kind === 'sink' && node.topic.kind === 'topic' ? [node.topic.name] : [],
  )
}
