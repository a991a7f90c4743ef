import { Worker } from 'node:worker_threads'
import { sleep } from '../../base/clock.ts'
import { deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import type { Counter, MetricSample, Metrics } from '../../base/metrics.ts'
import { newCallBoard, type CallBoard } from '../../functions/call-board.ts'
import type { HostedThread } from './hosted-thread.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'
import { notOpen } from '../thread/thread-status.ts'
import { CallWatch, functionLost, lookEveryMs, placeText, watchedFunctions } from './call-watch.ts'
import { errorFrom } from './worker-messages.ts'
import type { FromWorker, ToWorker, WorkerInput } from './worker-messages.ts'

/** Runs a stream thread in a worker thread. The first of `done`, `failed` and the worker's own end decides. */
export function startWorker(parts: ThreadParts): HostedThread {
  const { index, processId, isFirstLife, isLastLife, topology, options } = parts
  const board = newCallBoard()
  const engines = parts.engines?.shared
  const breaking = parts.breaking?.all ?? []
  const lives = { isFirstLife, isLastLife }
  const input: WorkerInput = { index, processId, ...lives, topology, options, board, engines, breaking }
  // The source runs as TypeScript, the package as JavaScript: the entry has the ending that this file has.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./worker-main.${ending}`, import.meta.url), { workerData: input })
  const done = deferred()
  const merge = sampleMerger(parts.metrics)
  const tell = (kind: ToWorker['kind']): void => {
    const message: ToWorker = { kind }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule means browser windows
    worker.postMessage(message)
  }
  let status = notOpen(index)
  worker.on('message', (message: FromWorker) => {
    switch (message.kind) {
      case 'log':
        return parts.surroundings.logger[message.level](message.message, message.fields)
      case 'compiled':
        void parts.compiled().then(() => tell('begin'))
        return
      case 'opened':
        return parts.onOpened()
      case 'committed':
        return parts.onCommitted()
      case 'breaking':
        return parts.breaking?.note(message.record)
      case 'restore':
        return parts.onRestore(message.progress)
      case 'status':
        status = message.status
        return merge(message.samples)
      case 'done':
        return done.resolve()
      case 'failed':
        return done.reject(errorFrom(message.error))
    }
  })
  worker.on('error', (error) => done.reject(crashed(index, error)))
  worker.on('exit', (code) => done.reject(crashed(index, `exit code ${code}`)))
  const ended = new AbortController()
  worker.on('exit', () => ended.abort())
  void watchCalls(parts, board, ended.signal).then((lost) => {
    if (lost === undefined) return
    done.reject(lost)
    void worker.terminate()
  })
  return {
    done: done.promise,
    stop: () => tell('stop'),
    terminate: () => void worker.terminate(),
    status: () => status,
  }
}

/** Looks from this thread at the functions of the worker. @returns when one does not return within its limit, what is said of it */
async function watchCalls(
  { topology, options, surroundings, index }: ThreadParts,
  board: CallBoard,
  ended: AbortSignal,
): Promise<StreamError | undefined> {
  const functions = watchedFunctions(topology)
  if (functions.length === 0) return undefined
  const { clock, logger } = surroundings
  const watch = new CallWatch(board, functions, options)
  for (;;) {
    await sleep(clock, lookEveryMs, ended)
    if (ended.aborted) return undefined
    const long = watch.look(clock.monotonicMs())
    if (long?.kind === 'lost') return functionLost(long)
    if (long?.kind === 'slow') {
      const { limitMs, function: slow } = long
      const facts = { thread: index + 1, function: slow.name, place: placeText(slow), forMs: limitMs }
      logger.warn('function has not returned', facts)
    }
  }
}

function crashed(index: number, cause: unknown): StreamError {
  return new StreamError('INVARIANT_BROKEN', `worker thread ${index + 1} ended unexpectedly`, { cause })
}

/**
 * Keeps the main thread's registry equal to what the worker said last. A worker that takes another's place counts from 0 again, so
 * counters grow by differences.
 */
function sampleMerger(metrics: Metrics): (samples: readonly MetricSample[]) => void {
  const counters = new Map<string, { counter: Counter; before: number }>()
  const gauges = new Map<string, { value: number }>()
  return (samples) => {
    for (const { facts, labels, value } of samples) {
      const id = facts.name + JSON.stringify(labels)
      if (facts.kind === 'gauge') {
        const gauge = gauges.get(id) ?? { value }
        gauge.value = value
        if (!gauges.has(id)) metrics.gauge(facts.name, facts.help, () => gauge.value, labels)
        gauges.set(id, gauge)
        continue
      }
      const known = counters.get(id) ?? {
        counter: metrics.counter(facts.name, facts.help, labels),
        before: 0,
      }
      known.counter.value += value - known.before
      known.before = value
      counters.set(id, known)
    }
  }
}
