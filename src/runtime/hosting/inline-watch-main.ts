/**
 * What runs in the worker thread that watches an inline stream thread. It writes to standard error itself: the thread that logs, and that
 * would end the process at a signal, is the one that does not return.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { formatDuration } from '../../base/duration.ts'
import { CallWatch, lookEveryMs, placeText } from './call-watch.ts'
import type { InlineWatchInput } from './inline-watch.ts'

const { board, functions, limits, descriptor } = workerData as InlineWatchInput
const watch = new CallWatch(board, functions, limits)
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

for (;;) {
  Atomics.wait(never, 0, 0, lookEveryMs)
  const long = watch.look(systemClock.monotonicMs())
  if (long === undefined) continue
  const { name } = long.function
  const what = `function "${name}" (${placeText(long.function)}) has not returned for ${formatDuration(long.limitMs)}`
  const rest =
    long.kind === 'slow'
      ? 'nothing else is done until it does'
      : `only "kill -9 ${process.pid}" ends this process, which hears no other signal; with "--threads 2" its thread would be ended now`
  writeSync(descriptor, `warn  ${what}: ${rest}\n`)
}
