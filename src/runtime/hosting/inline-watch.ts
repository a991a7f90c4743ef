import { Worker } from 'node:worker_threads'
import type { CallBoard, FunctionFacts } from '../../functions/call-board.ts'
import type { CallLimits } from './call-watch.ts'

export interface InlineWatchInput {
  readonly board: CallBoard
  readonly functions: readonly FunctionFacts[]
  readonly limits: CallLimits
  /** The file that is written to: standard error. */
  readonly descriptor: number
  /** The process that is ended, as by kill -9, when a call is given up: no gentler signal is heard in it. */
  readonly processId: number
}

/** Watches the thread that calls this, from a worker thread: where that thread does not return, nobody else here is awake. */
export function startInlineWatch(input: InlineWatchInput): { stop(): void } {
  // The source runs as TypeScript, the package as JavaScript: the entry has the ending that this file has.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./inline-watch-main.${ending}`, import.meta.url), { workerData: input })
  worker.unref()
  // Without it the engine runs as well.
  worker.on('error', () => {})
  return { stop: () => void worker.terminate() }
}
