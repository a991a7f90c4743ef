import { newCallBoard } from '../../functions/call-board.ts'
import { labelledMetrics } from '../thread/labelled-metrics.ts'
import { StreamThread } from '../thread/stream-thread.ts'
import { limitsOf, watchedFunctions } from './call-watch.ts'
import { startInlineWatch } from './inline-watch.ts'
import type { HostedThread } from './hosted-thread.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'

const standardError = 2

/** Runs a stream thread on the caller's own thread: for one thread, for tests, and for simulation. */
export function startInline(parts: ThreadParts): HostedThread {
  const labels = { thread: String(parts.index + 1) }
  const board = newCallBoard()
  const functions = watchedFunctions(parts.topology)
  // In a simulation there is no other thread, and time is not that of threads.
  const watched = functions.length > 0 && parts.surroundings.connector === undefined
  const watch = watched
    ? startInlineWatch({
        board,
        functions,
        limits: limitsOf(parts.options),
        descriptor: standardError,
        processId: process.pid,
      })
    : undefined
  const thread = new StreamThread({
    ...parts,
    ...(watched ? { board } : {}),
    metrics: labelledMetrics(parts.metrics, labels),
    surroundings: {
      ...parts.surroundings,
      logger: parts.surroundings.logger.with(labels),
      ...(parts.engines === undefined ? {} : { engines: parts.engines.forThread(parts.index) }),
    },
  })
  return {
    done: thread.run().finally(() => watch?.stop()),
    stop: () => thread.stop(),
    terminate: () => {},
    status: () => thread.status(),
  }
}
