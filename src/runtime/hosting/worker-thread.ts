import { Worker } from 'node:worker_threads'
import { deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import type { Counter, MetricSample, Metrics } from '../../base/metrics.ts'
import type { ThreadStatus } from '../status.ts'
import type { HostedThread } from './hosted-thread.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'
import { errorFrom } from './worker-messages.ts'
import type { FromWorker, ToWorker, WorkerInput } from './worker-messages.ts'

/** Runs a stream thread in a worker thread. The first of `done`, `failed` and the worker's own end decides. */
export function startWorker(parts: ThreadParts): HostedThread {
  const { index, processId, topology, options } = parts
  const input: WorkerInput = { index, processId, topology, options, engines: parts.engines?.shared }
  // The source runs as TypeScript, the package as JavaScript: the entry has the ending that this file has.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./worker-main.${ending}`, import.meta.url), { workerData: input })
  const done = deferred()
  const merge = sampleMerger(parts.metrics)
  let status: ThreadStatus = { thread: index, sourceTopics: [], tasks: [] }
  worker.on('message', (message: FromWorker) => {
    switch (message.kind) {
      case 'log':
        return parts.surroundings.logger[message.level](message.message, message.fields)
      case 'opened':
        return parts.onOpened()
      case 'committed':
        return parts.onCommitted()
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
  const stop: ToWorker = { kind: 'stop' }
  return {
    done: done.promise,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule means browser windows
    stop: () => worker.postMessage(stop),
    terminate: () => void worker.terminate(),
    status: () => status,
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
