/** `weft dev`: the embedded broker, the data that the definition names, its pipelines and a live view, in one process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { systemRandom } from '../../base/random.ts'
import type { Kafka } from '../../kafka/contracts.ts'
import type { Topology } from '../../topology/topology.ts'
import { allCompiled, endOf, startApplication, stopAll, type RunningApplication } from '../applications.ts'
import { caughtUp } from '../caught-up.ts'
import { openCluster } from '../cluster.ts'
import {
  emptyCatalog,
  inspected,
  openDefinition,
  reportDiagnostics,
  type Inspect,
  type OpenDefinition,
} from '../definitions.ts'
import { readDevData } from '../dev-data.ts'
import { createDevTopics, loadDevTopics, type DevLoad } from '../dev-load.ts'
import { startLiveView } from '../live-view.ts'
import { inlineFunctionProblems } from '../function-problems.ts'
import { createLogger, programLog } from '../logger.ts'
import { portNumber, wholeNumber, withLogging, type LogOptions } from '../options.ts'
import type { Output } from '../output.ts'
import type { TopicFormats } from '../record-texts.ts'
import { startRegistry } from '../registry.ts'
import { exitCode } from '../render/error.ts'
import { aborted, stopSignal } from '../signals.ts'
import { StartGate } from '../start-gate.ts'
import { CommandFormats } from '../command-formats.ts'
import { TopicCatalog, type FileColumns } from '../topic-catalog.ts'
import type { DraftSettings } from '../config/kafka-properties.ts'
import { configOf } from '../config/run-settings.ts'
import { devNotations, withoutRegistry, withRegistry, type Notations } from '../dev-notations.ts'
import { summary } from './run.ts'

interface DevOptions extends LogOptions {
  readonly port: number
  readonly rows: number
  readonly registry: number
  readonly config?: string
}

export function addDevCommand(program: Command, output: Output): void {
  withLogging(
    program
      .command('dev')
      .description('run a definition on an embedded broker, with the data that its "dev:" section names')
      .argument('<file>'),
    'warn',
  )
    .option(
      '--port <n>',
      'port of the embedded broker, for other clients to look in; 0: any that is free',
      wholeNumber,
      0,
    )
    .option('--registry <port>', 'port of the embedded schema registry; 0: any that is free', portNumber, 0)
    .option(
      '--config <file>',
      'a KSML runner file, or the configuration of SQL pipelines: its notations, in the embedded registry, and its properties of producers',
    )
    .option('--rows <n>', 'rows to show of each output topic at once', wholeNumber, 5)
    .action(async (file: string, options: DevOptions) => {
      process.exitCode = await dev(file, options, output)
    })
}

async function dev(file: string, options: DevOptions, output: Output): Promise<number> {
  const startMs = systemClock.monotonicMs()
  const config = configOf(options.config, output)
  if (config === undefined) return exitCode.wrong
  const notations = devNotations(config.schemas.notations)
  const source = { path: file, ...config.schemas, notations }
  const data = await readDevData([await openDefinition(source, emptyCatalog)])
  const files = data.columns
  // There is no registry yet, and nothing in it.
  await using catalog = new TopicCatalog({
    notations: withoutRegistry(notations),
    inputNotation: config.inputNotation,
    files,
    unreadable: data.unreadable,
    hint: 'Give the topic a data file under "dev:", or declare its columns there or under "topics".',
  })
  const inspect: Inspect = async (loaded, path) => [
    ...data.problems,
    ...(await inlineFunctionProblems(loaded, path)),
  ]
  const definition = await inspected(await openDefinition(source, catalog), inspect)
  if (!reportDiagnostics(definition, output)) return exitCode.wrong
  const logger = createLogger(options.logLevel, options.logFormat, output)
  const { signal, release } = stopSignal()
  // Data of long ago is not too old for a look at what becomes of it, nor is that of times to come too new.
  const { producer } = config.settings
  const topicDefaults = {
    'retention.ms': '-1',
    'message.timestamp.after.max.ms': String(2n ** 63n - 1n),
    // Topics take what a request may hold.
    ...(producer.maxRequestBytes === undefined
      ? {}
      : { 'max.message.bytes': String(producer.maxRequestBytes) }),
  }
  const { Broker } = await import('../../broker/broker.ts')
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger, topicDefaults })
  try {
    const { host, port } = await broker.listen(options.port, '127.0.0.1')
    output.note(`broker listening on ${host}:${port}`)
    const bootstrap = `${host}:${port}`
    await using registry = await startRegistry({ broker, host, port: options.registry }, logger)
    output.note(`schema registry listening on ${registry.url}`)
    const embedded = withRegistry(notations, registry.url)
    return await runOn(bootstrap, {
      definition,
      files,
      notations: embedded,
      producer,
      options,
      output,
      logger,
      signal,
      startMs,
    })
  } finally {
    await broker.close()
    release()
  }
}

const noData =
  'the definition names no data: a "dev:" section says which file is loaded into which topic, or "weft produce" brings records while this runs'

interface DevRun {
  readonly definition: OpenDefinition
  readonly files: FileColumns
  readonly notations: Notations
  readonly options: DevOptions
  readonly output: Output
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly startMs: number
  readonly producer: DraftSettings['producer']
}

async function runOn(bootstrap: string, run: DevRun): Promise<number> {
  const { definition, output, signal, files, notations } = run
  await using cluster = openCluster({ bootstrap }, run.logger)
  await using formats = new CommandFormats(notations, run.logger)
  await using catalog = new TopicCatalog({ notations, files })
  const kafka = cluster.kafka
  const load: DevLoad = {
    kafka,
    definition,
    catalog,
    formats,
    output,
    signal,
    clock: systemClock,
    producer: run.producer,
  }
  const { topologies } = definition.loaded
  const gate = new StartGate(topologies.map(({ name }) => name))
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-dev-'))
  const running: RunningApplication[] = []
  try {
    for (const topology of topologies)
      running.push(startDevApplication(topology, { bootstrap, stateDir, gate, run }))
    const ended = endOf(running, { output, log: programLog(run.logger, run.options.logFormat) })
    if (!(await allCompiled(running, gate, signal))) {
      await stopAll(running, gate, output)
      return await ended
    }
    await createDevTopics(load)
    if ((definition.loaded.dev?.topics ?? []).length === 0) output.note(noData)
    // Look-ups are read to their end before the first event is: their data has to be there.
    await loadDevTopics(load, 'dimensions')
    gate.open()
    return await follow({ running, gate, ended }, load, run)
  } finally {
    await stopAll(running, gate, output)
    rmSync(stateDir, { recursive: true, force: true })
  }
}

interface DevPlace {
  readonly bootstrap: string
  readonly stateDir: string
  readonly gate: StartGate
  readonly run: DevRun
}

function startDevApplication(
  topology: Topology,
  { bootstrap, stateDir, gate, run }: DevPlace,
): RunningApplication {
  return startApplication(
    topology,
    {
      applicationId: topology.name,
      kafka: { bootstrap },
      identity: { kind: 'folder', stateDir },
      leaveOnClose: true,
      notations: run.notations,
      producer: run.producer,
      // The state goes with the run; a fresh Python may stay, so that the next run starts at once.
      python: { snapshotFolder: join('.weft', 'python') },
    },
    { ...run, gate },
  )
}

interface Started {
  readonly running: readonly RunningApplication[]
  readonly gate: StartGate
  /** The exit code for all. */
  readonly ended: Promise<number>
}

/** Loads the rest of the data while the applications run; stays until told to stop where a person watches. */
async function follow(
  { running, gate, ended }: Started,
  load: DevLoad,
  { options, output, signal, startMs }: DevRun,
): Promise<number> {
  const viewing = new AbortController()
  const view = startLiveView({
    kafka: load.kafka,
    topics: viewedTopics(running),
    formats: load.formats,
    rows: options.rows,
    output,
    clock: systemClock,
    signal: viewing.signal,
    running,
  })
  let inTime = true
  try {
    await Promise.race([loadThenCatchUp(load.kafka, running, load), ended, aborted(signal)])
    const done = summary(running, systemClock.monotonicMs() - startMs)
    if (output.interactive && !signal.aborted) {
      output.note(`${done}; Ctrl-C ends it`)
      await Promise.race([ended, aborted(signal)])
    }
  } finally {
    inTime = await stopAll(running, gate, output)
    viewing.abort()
    await view
  }
  const code = await ended
  output.note(summary(running, systemClock.monotonicMs() - startMs))
  return Math.max(inTime ? exitCode.done : exitCode.failed, code)
}

async function loadThenCatchUp(
  kafka: Kafka,
  running: readonly RunningApplication[],
  load: DevLoad,
): Promise<void> {
  await loadDevTopics(load, 'events')
  await caughtUp(kafka, running, load)
}

/** The topics that are written by name, and how: the first sink of each says it. */
function viewedTopics(running: readonly RunningApplication[]): ReadonlyMap<string, TopicFormats> {
  const viewed = new Map<string, TopicFormats>()
  for (const node of running.flatMap(({ topology }) => topology.nodes))
    if (node.kind === 'sink' && node.topic.kind === 'topic' && !viewed.has(node.topic.name))
      viewed.set(node.topic.name, { key: node.key, value: node.value })
  return viewed
}
