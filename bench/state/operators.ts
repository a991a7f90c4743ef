/**
 * Question: what does a record cost in operators and state, engine on disk and change log included, without broker and network?
 * Budget: a 10-second left join 10 µs, a count by minute and key 5 µs; the last quarter costs no more than the second.
 *
 *     node bench/state/operators.ts [workload=left] [records=600000] [commit=60000] [engine=rocksdb] [size=smoke]
 *
 * Workloads are definitions of `bench/peers`; four tasks read records like those of its generator, in the order of event time. A commit
 * comes every so many records. CPU time is that of the whole process, threads of the engine and of the collector included.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import { MetricRegistry } from '../../src/base/metrics.ts'
import { systemRandom } from '../../src/base/random.ts'
import { openFunctions } from '../../src/functions/open-functions.ts'
import { loadDefinition } from '../../src/language/load.ts'
import { plainTopicNames, type OutgoingRecord } from '../../src/process/environment.ts'
import { partitionOfKey } from '../../src/protocol/murmur2.ts'
import { serdeFor } from '../../src/serde/plain-serde.ts'
import { CleanBudget } from '../../src/store/clean-budget.ts'
import type { ChangeLogSink } from '../../src/store/contracts.ts'
import { openStore, type OpenedStore } from '../../src/store/open-store.ts'
import { ProcessEngines, type EngineKind } from '../../src/store/state-engines.ts'
import { DriverTask, type DriverSurroundings } from '../../src/testing/driver-task.ts'
import { functionsOf } from '../../src/topology/node-edges.ts'
import type { StoreSpec, Topology } from '../../src/topology/topology.ts'
import { given, numberGiven } from '../settings.ts'
import { transactionsOf, type TimedRecord } from './transactions.ts'

const workload = given.get('workload') ?? 'left'
const count = numberGiven('records', 8000, 600_000)
const commitEvery = numberGiven('commit', 2000, 60_000)
const engineKind = given.get('engine') ?? 'rocksdb'
const budgetBytes = numberGiven('budget', 64, 512) * 1_048_576
const partitions = 4
const parts = 8

/** Copies what it is given, as a batch does. */
class Batch {
  readonly #bytes = Buffer.allocUnsafe(65_536)
  records = 0
  bytes = 0

  add(source: Buffer, start: number, end: number): void {
    if (end > start) source.copy(this.#bytes, 0, start, end)
    this.bytes += Math.max(0, end - start)
  }
}

const changes = new Batch()
const outputs = new Batch()
const changeLog: ChangeLogSink = {
  append: ({ bytes, keyStart, keyEnd, valueStart, valueEnd }) => {
    changes.records++
    changes.add(bytes, keyStart, keyEnd)
    changes.add(bytes, valueStart, valueEnd)
  },
}

function send({ key, value }: OutgoingRecord): void {
  outputs.records++
  if (key !== null) outputs.add(key.buffer, 0, key.length)
  if (value !== null) outputs.add(value.buffer, 0, value.length)
}

async function topologyOf(name: string): Promise<Topology> {
  const path = join(import.meta.dirname, '../peers/definitions', `${name}.yaml`)
  const file = { path, text: readFileSync(path, 'utf8') }
  const catalog = { values: () => Promise.resolve(undefined) }
  const { topologies, diagnostics } = await loadDefinition(file, { environment: {}, catalog })
  const [topology] = topologies
  if (topology === undefined) throw new Error(JSON.stringify(diagnostics))
  return topology
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-operators-'))
  const engines =
    engineKind === 'memory'
      ? undefined
      : await ProcessEngines.open({ kind: engineKind as EngineKind, folder, budgetBytes })
  const metrics = new MetricRegistry()
  const cleanBudget = new CleanBudget(budgetBytes)
  const topology = await topologyOf(workload)
  const open = (spec: StoreSpec, task: string): OpenedStore =>
    openStore({
      spec,
      keySerde: serdeFor(spec.key, 'key'),
      valueSerde: serdeFor(spec.value),
      changeLog,
      cleanBudget,
      metrics,
      ...(engines === undefined ? {} : { engine: engines.forThread(0).open({ task, store: spec.name }) }),
    })
  const functions = await openFunctions(topology.functions, {
    logger: silentLogger,
    metrics,
    random: systemRandom,
    inline: topology.nodes.flatMap(functionsOf),
  })
  const surroundings: DriverSurroundings = {
    clock: new ManualClock(0),
    logger: silentLogger,
    metrics,
    functions,
    globalStore: () => {
      throw new Error('no workload has a global table')
    },
    topics: plainTopicNames('bench'),
    partitionCount: () => partitions,
    send,
    openStore: open,
  }
  const { nodes, stores } = topology
  const [sub] = topology.subTopologies
  if (sub === undefined) throw new Error('nothing to run')
  const tasks = Array.from(
    { length: partitions },
    (_, partition) => new DriverTask({ sub, partition, nodes, stores, surroundings }),
  )
  run(tasks, new Set(sub.sources), metrics)
  for (const task of tasks) task.close()
  await functions.close()
  await engines?.close()
  rmSync(folder, { recursive: true, force: true })
}

function run(tasks: readonly DriverTask[], topics: ReadonlySet<string>, metrics: MetricRegistry): void {
  const input = transactionsOf(count, topics)
  const measured = { cpu: 0, processed: 0 }
  let last = cpuMicros()
  for (const block of input) {
    last = cpuMicros()
    for (const record of block) processOne(tasks, record)
    measured.processed += block.length
    if (measured.processed % commitEvery < block.length) for (const task of tasks) task.commit()
    measured.cpu += cpuMicros() - last
    tellAtParts(measured, block.length)
  }
  const reads = metrics.samples().filter(({ facts }) => facts.name === 'weft_store_engine_reads_total')
  for (const { labels, value } of reads) console.log(`engine reads of ${labels['store']}: ${value}`)
}

const told = { cpu: 0, processed: 0 }

function tellAtParts(
  { cpu, processed }: { readonly cpu: number; readonly processed: number },
  step: number,
): void {
  if (processed < count && processed % Math.ceil(count / parts) >= step) return
  const records = processed - told.processed
  const mib = Math.round(process.memoryUsage.rss() / 1_048_576)
  const micros = (value: number): string => value.toFixed(2)
  console.log(
    `${processed.toLocaleString('en-US')} records: ${micros((cpu - told.cpu) / records)} µs each, ${micros(cpu / processed)} over all;` +
      ` ${changes.records} changes of ${changes.bytes} bytes, ${outputs.records} outputs; ${mib} MiB`,
  )
  told.cpu = cpu
  told.processed = processed
}

function processOne(tasks: readonly DriverTask[], record: TimedRecord): void {
  const { raw } = record
  raw.partition = partitionOfKey(raw.buffer, raw.keyStart, raw.keyEnd, partitions)
  const task = tasks[raw.partition] as DriverTask
  task.accept(raw)
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

await main()
