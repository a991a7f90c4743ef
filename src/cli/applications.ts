/** Several applications in one process: each with its own group, threads and failure. */
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { toStreamError, type StreamError } from '../base/errors.ts'
import { Application } from '../runtime/application.ts'
import { resolveOptions, type ApplicationSettings } from '../runtime/options.ts'
import type { Topology } from '../topology/topology.ts'
import type { Output } from './output.ts'
import { startProgress, type Progress } from './render/progress.ts'

export interface RunningApplication {
  readonly topology: Topology
  readonly application: Application
}

/** Starts an application for a topology; what restores are doing is shown. */
export function startApplication(
  topology: Topology,
  settings: ApplicationSettings,
  { logger, output }: { readonly logger: Logger; readonly output: Output },
): RunningApplication {
  const restoring = new Map<string, Progress>()
  const application = new Application(topology, resolveOptions(settings), {
    surroundings: {
      connector: undefined,
      clock: systemClock,
      random: systemRandom,
      logger: logger.with({ application: settings.applicationId }),
    },
    events: {
      onRestore: ({ store, records, remaining }) => {
        const progress = restoring.get(store) ?? startProgress(`restore ${store}`, output, systemClock)
        restoring.set(store, progress)
        progress.report(records, records + remaining)
      },
    },
  })
  application.start()
  return { topology, application }
}

/** Waits until all have ended; gives the errors of those that failed. One broken application stops alone. */
export async function endOf(
  running: readonly RunningApplication[],
  onFailure: (name: string, error: StreamError) => void,
): Promise<StreamError[]> {
  const failures: StreamError[] = []
  await Promise.all(
    running.map(({ topology, application }) =>
      application.done.catch((thrown: unknown) => {
        const error = toStreamError(thrown)
        failures.push(error)
        onFailure(topology.name, error)
      }),
    ),
  )
  return failures
}

/** The sum of a counter over the topics named. */
export function countRecords(
  { application }: RunningApplication,
  counter: string,
  topics: ReadonlySet<string>,
): number {
  return application.metrics
    .samples()
    .filter(
      ({ facts, labels }) =>
        facts.name === counter && (labels['topic'] === undefined || topics.has(labels['topic'])),
    )
    .reduce((sum, { value }) => sum + value, 0)
}
