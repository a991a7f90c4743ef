import { labelledMetrics } from '../thread/labelled-metrics.ts'
import { StreamThread } from '../thread/stream-thread.ts'
import type { HostedThread } from './hosted-thread.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'

/** Runs a stream thread on the caller's own thread: for one thread, for tests, and for simulation. */
export function startInline(parts: ThreadParts): HostedThread {
  const labels = { thread: String(parts.index + 1) }
  const thread = new StreamThread({
    ...parts,
    metrics: labelledMetrics(parts.metrics, labels),
    surroundings: {
      ...parts.surroundings,
      logger: parts.surroundings.logger.with(labels),
      ...(parts.engines === undefined ? {} : { engines: parts.engines.forThread(parts.index) }),
    },
  })
  return {
    done: thread.run(),
    stop: () => thread.stop(),
    terminate: () => {},
    status: () => thread.status(),
  }
}
