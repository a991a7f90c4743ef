import type { ThreadStatus } from '../status.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'

/** One life of a stream thread, wherever it runs. */
export interface HostedThread {
  /** Resolves when the thread has closed after {@link HostedThread.stop}. Rejects with what ended it. */
  readonly done: Promise<void>
  stop(): void
  /** Ends a thread that does not close in time, where it can be ended from outside. */
  terminate(): void
  /** The newest there is; from a worker thread it may be a fifth of a second old. */
  status(): ThreadStatus
}

export type StartThread = (parts: ThreadParts) => HostedThread
