import type { Metrics } from '../../base/metrics.ts'
import type { CallBoard } from '../../functions/call-board.ts'
import type { ProcessEngines } from '../../store/state-engines.ts'
import type { Topology } from '../../topology/topology.ts'
import type { ApplicationOptions, Surroundings } from '../options.ts'
import type { BreakingRecords } from './breaking-records.ts'
import type { KnownOffsets } from './known-offsets.ts'
import type { RestoreProgress } from './restorer.ts'

/** What a stream thread is given. */
export interface ThreadParts {
  /** The process's stores on disk, for whoever hosts the thread to lend it. */
  readonly engines?: ProcessEngines
  /** From 0; with the process id it makes the identity that outlives a crash. */
  readonly index: number
  readonly processId: string
  /** Whether no thread of the process was in the group before on this place. */
  readonly isFirstLife: boolean
  /** Whether none follows if this one fails before it has committed, whatever it fails with. */
  readonly isLastLife: boolean
  readonly topology: Topology
  readonly options: ApplicationOptions
  readonly surroundings: Surroundings
  readonly metrics: Metrics
  /** What former lives on this place knew of the group; a life in a worker of its own begins knowing nothing. */
  readonly known?: KnownOffsets
  /** Where former lives on this place lost their interpreter, and this one says that it does. */
  readonly breaking?: BreakingRecords
  /** Where its functions are shown to a watcher in another thread. */
  readonly board?: CallBoard
  /** The thread's functions are compiled, and it has not touched the cluster; it goes on when this resolves. */
  readonly compiled: () => Promise<void>
  /** The thread is in its group, with everything open. */
  readonly onOpened: () => void
  readonly onCommitted: () => void
  readonly onRestore: (progress: RestoreProgress) => void
}
