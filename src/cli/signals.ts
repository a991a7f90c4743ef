import { constants } from 'node:os'
import { systemClock } from '../base/clock.ts'

/** A terminal sends Ctrl-C to the launcher and to this process, and the launcher passes it on: that is one signal. */
const sameSignalMs = 200

/**
 * Turns SIGINT and SIGTERM into an abort; a second signal ends the process at once.
 *
 * @returns the signal to stop by, whose reason is its name, and how to stop listening
 */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  let firstMs = 0
  const stop = (signal: NodeJS.Signals): void => {
    const nowMs = systemClock.monotonicMs()
    if (!controller.signal.aborted) {
      firstMs = nowMs
      controller.abort(signal)
    } else if (nowMs - firstMs > sameSignalMs) process.exit(128 + constants.signals[signal])
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}

/** Ends this process as the signal would have, had nobody listened. */
export function endBy(stop: ReturnType<typeof stopSignal>): void {
  stop.release()
  process.kill(process.pid, stop.signal.reason as NodeJS.Signals)
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
