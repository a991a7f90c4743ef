import type { Metrics } from '../../base/metrics.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions, Surroundings } from '../options.ts'
import type { ThreadStatus } from '../status.ts'
import type { RestoreProgress } from '../thread/restorer.ts'

/** One life of a stream thread, wherever it runs. */
export interface HostedThread {
  /** Resolves when the thread has closed after {@link HostedThread.stop}. Rejects with what ended it. */
  readonly done: Promise<void>
  stop(): void
  /** Ends a thread that does not close in time, where it can be ended from outside. */
  terminate(): void
  /** The newest there is; from a worker thread it may be half a second old. */
  status(): ThreadStatus
}

export interface HostingParts {
  readonly index: number
  readonly processId: string
  readonly topology: Topology
  readonly options: ApplicationOptions
  readonly surroundings: Surroundings
  readonly metrics: Metrics
  readonly onCommitted: () => void
  readonly onRestore: (progress: RestoreProgress) => void
}

export type StartThread = (parts: HostingParts) => HostedThread
