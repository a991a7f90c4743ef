/** Several applications in one process: each with its own group, threads and failure. */
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { toStreamError } from '../base/errors.ts'
import { Application } from '../runtime/application.ts'
import { resolveOptions, type ApplicationSettings, type RecordPolicy } from '../runtime/options.ts'
import { expectedDrops } from '../process/drop-reasons.ts'
import type { Topology } from '../topology/topology.ts'
import type { Output } from './output.ts'
import { exitCode, exitCodeOf, renderError } from './render/error.ts'
import { restoreView } from './render/restore-view.ts'
import { aborted } from './signals.ts'
import type { StartGate } from './start-gate.ts'

export interface RunningApplication {
  readonly topology: Topology
  /** The name of its group. */
  readonly applicationId: string
  readonly application: Application
  /** How long it may take to stop. */
  readonly closeTimeoutMs: number
  /** Whether all of its tasks have been running. */
  readonly ran: () => boolean
}

/** What still holds the process this long after an application has not stopped in time is given up. */
const graceMs = 2000

/** What applications that start together share. */
export interface Together {
  readonly logger: Logger
  readonly output: Output
  readonly gate: StartGate
}

/** Starts an application for a topology, up to the gate; what restores are doing is shown. */
export function startApplication(
  topology: Topology,
  settings: ApplicationSettings,
  { logger, output, gate }: Together,
): RunningApplication {
  const options = resolveOptions(settings)
  let ran = false
  const application = new Application(topology, options, {
    surroundings: {
      connector: undefined,
      clock: systemClock,
      random: systemRandom,
      logger: logger.with({ application: settings.applicationId }),
    },
    events: {
      onCompiled: () => gate.arrive(settings.applicationId),
      onRestore: restoreView(output, systemClock),
      onState: (state) => {
        ran ||= state === 'running'
      },
    },
  })
  application.start()
  return {
    topology,
    applicationId: settings.applicationId,
    application,
    closeTimeoutMs: options.closeTimeoutMs,
    ran: () => ran,
  }
}

/** @returns whether the functions of all are compiled, rather than one has failed or the signal came */
export async function allCompiled(
  running: readonly RunningApplication[],
  gate: StartGate,
  signal: AbortSignal,
): Promise<boolean> {
  const failed = Promise.all(running.map(({ application }) => application.done))
  return await Promise.race([
    gate.compiled.then(() => true),
    failed.then(
      () => false,
      () => false,
    ),
    aborted(signal).then(() => false),
  ])
}

/**
 * Stops all, so that none outlives the command. Where one does not stop in time, a note says so and the process ends soon with a
 * failure, whatever its threads are still trying.
 *
 * @returns whether all have stopped in time
 */
export async function stopAll(
  running: readonly RunningApplication[],
  gate: StartGate,
  output: Output,
): Promise<boolean> {
  const stopping = running.map((one) => stopInTime(one, output))
  // Who is told to stop goes home from there.
  gate.open()
  const inTime = await Promise.all(stopping)
  if (inTime.every(Boolean)) return true
  systemClock.setTimer(graceMs, () => process.exit(exitCode.failed))
  return false
}

async function stopInTime(
  { topology, application, closeTimeoutMs }: RunningApplication,
  output: Output,
): Promise<boolean> {
  const startMs = systemClock.monotonicMs()
  await application.stop()
  // A timer may fire within the millisecond before it is due.
  if (systemClock.monotonicMs() - startMs < closeTimeoutMs - 1) return true
  output.note(
    `${topology.name} did not stop within ${closeTimeoutMs / 1000} s: what it had not committed is processed again by whoever comes next`,
  )
  return false
}

/**
 * Waits until all have ended, and says which have failed. One broken application stops alone.
 *
 * @param log - where programs read it, too
 * @returns the exit code for all
 */
export async function endOf(
  running: readonly RunningApplication[],
  { output, log }: { readonly output: Output; readonly log: Logger },
): Promise<number> {
  const codes = await Promise.all(
    running.map(({ topology, applicationId, application, ran }) =>
      application.done.then(
        () => exitCode.done,
        (thrown: unknown) => {
          const error = toStreamError(thrown)
          const { code, message, detail } = error
          log.error('application failed', { application: applicationId, code, error: message, detail })
          output.note(`${topology.name} failed\n${renderError(error)}`)
          return exitCodeOf(error, ran())
        },
      ),
    ),
  )
  return Math.max(...codes)
}

/** The sum of a counter over the topics named, and over what else its labels are to be. */
export function countRecords(
  { application }: RunningApplication,
  counter: string,
  topics: Pick<ReadonlySet<string>, 'has'>,
  wanted: { readonly policy?: RecordPolicy; readonly reason?: 'late' } = {},
): number {
  return application.metrics
    .samples()
    .filter(
      ({ facts, labels }) =>
        facts.name === counter &&
        (labels['topic'] === undefined || topics.has(labels['topic'])) &&
        Object.entries(wanted).every(([name, value]) => labels[name] === value),
    )
    .reduce((sum, { value }) => sum + value, 0)
}

/** Records that were left out for reasons that an author would not expect, by reason. */
export function countDropped(running: readonly RunningApplication[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { application } of running) {
    for (const { facts, labels, value } of application.metrics.samples()) {
      const { reason } = labels
      if (facts.name !== 'weft_records_dropped_total' || value === 0) continue
      if (reason !== undefined && !expectedDrops.has(reason))
        counts.set(reason, (counts.get(reason) ?? 0) + value)
    }
  }
  return counts
}
