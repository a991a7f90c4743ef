import { join } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { defaultStateMemoryBytes, type Guarantee } from '../../runtime/options.ts'
import type { EngineChoice } from '../../store/state-engines.ts'
import { StreamError } from '../../base/errors.ts'
import { applicationsOf, configOf, settingsOf, type NamedTopology } from '../config/run-settings.ts'
import { recordPolicies, type PolicyChoice } from '../config/record-policies.ts'
import { sourcesOf, type RunConfig } from '../config/run-config.ts'
import { openDefinitions, type DefinitionSource } from '../definitions.ts'
import {
  allCompiled,
  countDropped,
  countRecords,
  endOf,
  startApplication,
  stopAll,
  type RunningApplication,
} from '../applications.ts'
import { caughtUp } from '../caught-up.ts'
import { openCluster, producerFor, securityFor } from '../cluster.ts'
import { inlineFunctionProblems } from '../function-problems.ts'
import { createLogger, programLog } from '../logger.ts'
import { startMetricsLog } from '../metrics-log.ts'
import {
  atLeast,
  durationMs,
  oneOf,
  positiveWholeNumber,
  sizeBytes,
  withBootstrap,
  withLogging,
  type ClusterOptions,
  type LogOptions,
} from '../options.ts'
import type { Output } from '../output.ts'
import { inputsOf } from '../render/definition.ts'
import { exitCode } from '../render/error.ts'
import { formatCount } from '../render/progress.ts'
import { aborted, endBy, stopSignal } from '../signals.ts'
import { StartGate } from '../start-gate.ts'
import { TopicCatalog } from '../topic-catalog.ts'
import { outputTopics } from '../../topology/outer-topics.ts'

interface RunOptions extends ClusterOptions, LogOptions {
  readonly config?: string
  readonly threads: number
  readonly guarantee: Guarantee
  readonly commitInterval?: number
  readonly linger?: number
  readonly applicationPrefix?: string
  readonly onError?: PolicyChoice
  readonly deadLetterTopic?: string
  readonly stateDir: string
  readonly stateEngine?: EngineChoice
  readonly stateMemory?: number
  readonly leave?: true
  readonly untilEnd?: true
}

export function addRunCommand(program: Command, output: Output): void {
  withLogging(
    withBootstrap(
      program.command('run').description('run definitions against a Kafka cluster').argument('[files...]'),
    ),
    'info',
  )
    .option(
      '--config <file>',
      'a KSML runner file, or the configuration of SQL pipelines; options go before it',
    )
    .option('--threads <n>', 'stream threads for each application', positiveWholeNumber, 1)
    .option(
      '--guarantee <guarantee>',
      'exactly_once_v2 or at_least_once',
      oneOf<Guarantee>('exactly_once_v2', 'at_least_once'),
      'exactly_once_v2',
    )
    .option(
      '--commit-interval <duration>',
      'how long output may wait to be visible; 100ms exactly once, 30s at least once',
      atLeast('1ms', durationMs),
    )
    .option('--linger <duration>', 'how long output waits for more before it is sent', durationMs)
    .option('--application-prefix <text>', 'goes before every application id')
    .option(
      '--on-error <policy>',
      'what happens to records that go wrong: fail, skip or dead-letter, or by stage: decode=skip,function=dead-letter',
      recordPolicies,
    )
    .option(
      '--dead-letter-topic <topic>',
      'where dead letters go; the application id with "-dead-letters" behind it',
    )
    .option(
      '--state-dir <folder>',
      'where the process keeps its identity and its state',
      join('.weft', 'state'),
    )
    .option(
      '--state-engine <engine>',
      'auto, rocksdb, sqlite or memory: where stores that ask for a disk are kept',
      oneOf<EngineChoice>('auto', 'rocksdb', 'sqlite', 'memory'),
    )
    .option(
      '--state-memory <size>',
      'buffers and caches of all stores on disk together; 256MiB',
      atLeast('1MiB', sizeBytes),
    )
    .option(
      '--leave',
      'leave the group at the end, for scaling down; otherwise the place is kept for a restart',
    )
    .option('--until-end', 'stop when everything that is in the topics has been processed')
    .action(async (files: string[], options: RunOptions, command: Command) => {
      const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
      process.exitCode = await run(files, { options, given, output })
    })
}

/** The call of the command. */
interface Call {
  readonly options: RunOptions
  /** Whether an option was given, so that it goes before the configuration file. */
  readonly given: (name: keyof RunOptions) => boolean
  readonly output: Output
}

async function run(files: readonly string[], call: Call): Promise<number> {
  const { options, output } = call
  const config = configOf(options.config, output)
  if (config === undefined) return exitCode.wrong
  const sources = sourcesOf(files, config)
  if (sources.length === 0) throw nothingToRun(options)
  return await runDefinitions(sources, config, call)
}

function nothingToRun({ config }: RunOptions): StreamError {
  return new StreamError('USAGE_INVALID', 'there is nothing to run', {
    hint:
      config === undefined
        ? 'Give definition files, or a configuration with "--config".'
        : `Give definition files: "${config}" names none that could run.`,
  })
}

async function runDefinitions(
  sources: readonly (string | DefinitionSource)[],
  config: RunConfig,
  { options, given, output }: Call,
): Promise<number> {
  const startMs = systemClock.monotonicMs()
  const logger = createLogger(options.logLevel, options.logFormat, output)
  const bootstrap = given('bootstrap') ? options.bootstrap : (config.bootstrap ?? options.bootstrap)
  const security = securityFor(options, config)
  const written = { ...config.settings, producer: producerFor(options, config) }
  await using cluster = openCluster({ ...options, bootstrap }, logger, config)
  const { inputNotation, schemas, topicNames } = config
  await using catalog = new TopicCatalog({ ...schemas, inputNotation, topicNames, kafka: cluster.kafka })
  const definitions = await openDefinitions(sources, catalog, output, inlineFunctionProblems)
  if (definitions === undefined) return exitCode.wrong
  const settings = settingsOf({ ...config, security, settings: written }, { options, given }, bootstrap)
  const applications = applicationsOf(definitions, config, options)
  if (config.applicationId !== undefined && applications.length > 1) output.note(splitNote(applications))
  // One budget for the process, however many applications it runs.
  const memoryBytes = Math.floor((options.stateMemory ?? defaultStateMemoryBytes) / applications.length)
  const state = { ...settings.state, memoryBytes }
  const running: RunningApplication[] = []
  const gate = new StartGate(applications.map(({ applicationId }) => applicationId))
  const start = ({ topology, applicationId }: NamedTopology): unknown =>
    running.push(startApplication(topology, { ...settings, state, applicationId }, { logger, output, gate }))
  const metricsLog = startMetricsLog(running, { logger, level: options.logLevel, clock: systemClock })
  const stop = stopSignal()
  const { signal, release } = stop
  let ended: Promise<number>
  let inTime = true
  try {
    applications.forEach(start)
    ended = endOf(running, { output, log: programLog(logger, options.logFormat) })
    if (await allCompiled(running, gate, signal)) {
      gate.open()
      await Promise.race([
        ended,
        aborted(signal),
        options.untilEnd === true
          ? caughtUp(cluster.kafka, running, { clock: systemClock, signal })
          : new Promise(() => {}),
      ])
    }
    if (signal.aborted && !running.some(({ application }) => application.hasOpened)) endBy(stop)
  } finally {
    metricsLog.stop()
    inTime = await stopAll(running, gate, output)
    release()
  }
  const code = await ended
  output.note(summary(running, systemClock.monotonicMs() - startMs))
  return Math.max(inTime ? exitCode.done : exitCode.failed, code)
}

/** Another engine runs all definitions of a runner file as one group: its offsets and state are not found again here. */
function splitNote(applications: readonly NamedTopology[]): string {
  const ids = applications.map(({ applicationId }) => `"${applicationId}"`).join(', ')
  return `warning: each definition is an application of its own, with offsets and state of its own: ${ids}`
}

const everywhere = { has: () => true }

/** The last line of a run: records in and out, what went wrong, how long it took. */
export function summary(running: readonly RunningApplication[], elapsedMs: number): string {
  let recordsIn = 0
  let recordsOut = 0
  let deadLetters = 0
  let skipped = 0
  let late = 0
  for (const one of running) {
    const inputs = inputsOf(one.topology)
    recordsIn += countRecords(one, 'weft_records_in_total', inputs)
    recordsOut += countRecords(one, 'weft_records_out_total', new Set(outputTopics(one.topology)))
    // Of internal topics, too.
    deadLetters += countRecords(one, 'weft_records_failed_total', everywhere, { policy: 'dead_letter' })
    skipped += countRecords(one, 'weft_records_failed_total', everywhere, { policy: 'skip' })
    late += countRecords(one, 'weft_records_dropped_total', inputs, { reason: 'late' })
  }
  const counts = [
    `in ${formatCount(recordsIn)}`,
    `out ${formatCount(recordsOut)}`,
    `dead letters ${formatCount(deadLetters)}`,
    ...(skipped > 0 ? [`skipped ${formatCount(skipped)}`] : []),
    ...(late > 0 ? [`late ${formatCount(late)}`] : []),
    ...droppedText(countDropped(running)),
  ]
  return `${counts.join(', ')}, ${(elapsedMs / 1000).toFixed(1)} s`
}

function droppedText(counts: ReadonlyMap<string, number>): string[] {
  if (counts.size === 0) return []
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const reasons = [...counts].map(([reason, count]) => `${reason} ${formatCount(count)}`)
  return [`dropped ${formatCount(total)} (${reasons.join(', ')})`]
}
