import { sleep, type Clock } from '../base/clock.ts'
import type { Kafka, TopicPartition } from '../kafka/contracts.ts'
import type { RunningApplication } from './applications.ts'

/** How long everything must have been read before it counts: longer than a commit takes. */
const settledMs = 500
const lookEveryMs = 100

/**
 * Resolves when the applications have read all that is in their topics, the ones that they write for each other included.
 *
 * Positions are taken before the ends: whatever an application wrote before its position was looked at lies before the
 * ends that a reader of its output must reach.
 */
export async function caughtUp(
  kafka: Kafka,
  running: readonly RunningApplication[],
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let sinceMs: number | undefined
  while (!options.signal.aborted) {
    const done = await hasReadAll(kafka, running)
    const nowMs = options.clock.monotonicMs()
    sinceMs = done ? (sinceMs ?? nowMs) : undefined
    if (sinceMs !== undefined && nowMs - sinceMs >= settledMs) return
    await sleep(options.clock, lookEveryMs, options.signal)
  }
}

async function hasReadAll(kafka: Kafka, running: readonly RunningApplication[]): Promise<boolean> {
  const live = running.filter(
    ({ application }) => application.state !== 'failed' && application.state !== 'stopped',
  )
  if (live.some(({ application }) => application.state !== 'running')) return false
  const inputs = live.flatMap(({ application }) =>
    application.threads().flatMap((thread) => thread.tasks.flatMap((task) => task.inputs)),
  )
  const partitions: TopicPartition[] = inputs.map(({ topic, partition }) => ({ topic, partition }))
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  return inputs.every(
    ({ topic, partition, position }) =>
      position >= (ends.get(`${topic}-${partition}`) ?? Number.POSITIVE_INFINITY),
  )
}
