/**
 * What runs in a worker thread: one life of a stream thread, with a clock, chance and connections of its own. Logs, metrics and
 * status go to the main thread as messages.
 */
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../base/assert.ts'
import { sleep, systemClock } from '../../base/clock.ts'
import { deferred } from '../../base/deferred.ts'
import { toStreamError } from '../../base/errors.ts'
import type { LogFields, Logger, LogLevel } from '../../base/logger.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { systemRandom } from '../../base/random.ts'
import { ProcessEngines } from '../../store/state-engines.ts'
import { BreakingRecords } from '../thread/breaking-records.ts'
import { labelledMetrics } from '../thread/labelled-metrics.ts'
import { StreamThread } from '../thread/stream-thread.ts'
import { errorFacts } from './worker-messages.ts'
import type { FromWorker, ToWorker, WorkerInput } from './worker-messages.ts'

const statusIntervalMs = 200

const port = parentPort
assert(port !== null, 'worker-main runs only in a worker thread')
const post = (message: FromWorker): void => port.postMessage(message)
const { engines, breaking, ...input } = workerData as WorkerInput
const registry = new MetricRegistry()
const begun = deferred()
const labels = { thread: String(input.index + 1) }

const thread = new StreamThread({
  ...input,
  breaking: new BreakingRecords(breaking, (record) => post({ kind: 'breaking', record })),
  metrics: labelledMetrics(registry, labels),
  surroundings: {
    connector: undefined,
    clock: systemClock,
    random: systemRandom,
    logger: postingLogger(labels),
    ...(engines === undefined ? {} : { engines: ProcessEngines.attach(engines).forThread(input.index) }),
  },
  compiled: () => {
    post({ kind: 'compiled' })
    return begun.promise
  },
  onOpened: () => post({ kind: 'opened' }),
  onCommitted: () => post({ kind: 'committed' }),
  onRestore: (progress) => post({ kind: 'restore', progress }),
})

const postStatus = (): void => post({ kind: 'status', status: thread.status(), samples: registry.samples() })
const ending = new AbortController()
void reportUntil(ending.signal)
port.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') thread.stop()
  begun.resolve()
})
void thread
  .run()
  .then(
    () => ({ kind: 'done' }) as const,
    (error: unknown) => ({ kind: 'failed', error: errorFacts(toStreamError(error)) }) as const,
  )
  .then((outcome) => {
    ending.abort()
    // First what was counted, then the end: whoever hears of the end sums up.
    postStatus()
    post(outcome)
    port.close()
  })

async function reportUntil(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(systemClock, statusIntervalMs, signal)
    if (!signal.aborted) postStatus()
  }
}

function postingLogger(fields: LogFields): Logger {
  const at = (level: LogLevel) => (message: string, own?: LogFields) =>
    post({ kind: 'log', level, message, fields: cloneable({ ...fields, ...own }) })
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    with: (more) => postingLogger({ ...fields, ...more }),
  }
}

/** Errors and functions in fields become text: a log line must not fail for what it says. */
function cloneable(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'object' || typeof value === 'function' ? inspect(value) : value,
    ]),
  )
}
