/**
 * What runs in the worker thread that watches an inline stream thread. It writes to standard error and ends the process itself: the thread
 * that logs, and that would hear a signal, is the one that does not return.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { formatDuration } from '../../base/duration.ts'
import { CallWatch, lookEveryMs, placeText } from './call-watch.ts'
import type { InlineWatchInput } from './inline-watch.ts'

const { board, functions, limits, descriptor, processId } = workerData as InlineWatchInput
const watch = new CallWatch(board, functions, limits)
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

for (;;) {
  Atomics.wait(never, 0, 0, lookEveryMs)
  const long = watch.look(systemClock.monotonicMs())
  if (long === undefined) continue
  const what = `function "${long.function.name}" (${placeText(long.function)}) has not returned for ${formatDuration(long.limitMs)}`
  if (long.kind === 'slow') {
    const limit = formatDuration(limits.functionLimitMs)
    writeSync(
      descriptor,
      `warn  ${what}: nothing else is done until it does, and after ${limit} this process is ended\n`,
    )
    continue
  }
  writeSync(descriptor, `error ${what}: this process ends now; what was not committed is processed again\n`)
  process.kill(processId, 'SIGKILL')
}
