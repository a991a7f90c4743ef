import { sleep, type Clock } from '../base/clock.ts'
import { partitionKey } from '../kafka/contracts.ts'
import type { Kafka, TopicPartition } from '../kafka/contracts.ts'
import { readPartitions } from '../workload/consume-topic.ts'
import type { RunningApplication } from './applications.ts'

/** How long everything must have been read before it counts: longer than a commit takes. */
const settledMs = 500
const lookEveryMs = 100

interface Position extends TopicPartition {
  readonly offset: number
}

type CaughtUp = Pick<RunningApplication, 'application' | 'applicationId'>

/**
 * Resolves when the applications have read all that is in their topics, the ones that they write for each other included. Partitions
 * that other processes have, or one that died without leaving, count by what their group has committed.
 *
 * Positions are taken before the ends: whatever an application wrote before its position was looked at lies before the
 * ends that a reader of its output must reach. The ends are high watermarks: a process that died in a transaction holds up
 * what others wrote behind it until that has timed out, and all of that is still to be read.
 */
export async function caughtUp(
  kafka: Kafka,
  running: readonly CaughtUp[],
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let sinceMs: number | undefined
  while (!options.signal.aborted) {
    const done = await hasReadAll(kafka, running, options.signal)
    const nowMs = options.clock.monotonicMs()
    sinceMs = done ? (sinceMs ?? nowMs) : undefined
    if (sinceMs !== undefined && nowMs - sinceMs >= settledMs) return
    await sleep(options.clock, lookEveryMs, options.signal)
  }
}

async function hasReadAll(kafka: Kafka, running: readonly CaughtUp[], signal: AbortSignal): Promise<boolean> {
  const live = running.filter(
    ({ application }) => application.state !== 'failed' && application.state !== 'stopped',
  )
  if (live.some(({ application }) => application.state !== 'running')) return false
  for (const one of live) if (!(await isRead(kafka, one, signal))) return false
  return true
}

async function isRead(
  kafka: Kafka,
  { application, applicationId }: CaughtUp,
  signal: AbortSignal,
): Promise<boolean> {
  const threads = application.threads()
  const inputs = threads.flatMap(({ tasks }) => tasks.flatMap((task) => task.inputs))
  const own = new Map(inputs.map((input) => [partitionKey(input), input.position]))
  const topics = [...new Set(threads.flatMap(({ sourceTopics }) => sourceTopics))]
  const partitions = await partitionsOf(kafka, topics)
  const others = await committedPositions(
    kafka,
    applicationId,
    partitions.filter((partition) => !own.has(partitionKey(partition))),
  )
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')
  const endOf = (partition: TopicPartition): number => ends.get(partitionKey(partition)) ?? Infinity
  if (inputs.some((input) => input.position < endOf(input))) return false
  const behind = others.filter((position) => position.offset < endOf(position))
  return behind.length === 0 || !(await hasRecords(kafka, behind, ends, signal))
}

async function partitionsOf(kafka: Kafka, topics: readonly string[]): Promise<TopicPartition[]> {
  const descriptions = await kafka.admin.describeTopics(topics)
  return descriptions.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
}

/** Where a group that has committed nothing has not begun: that is where the log begins. */
async function committedPositions(
  kafka: Kafka,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Position[]> {
  if (partitions.length === 0) return []
  const offsets = await kafka.admin.groupOffsets(groupId)
  const committed = new Map(offsets.map((one) => [partitionKey(one), one.offset]))
  const starts = await kafka.admin.listOffsets(partitions, 'earliest', 'read_uncommitted')
  return partitions.map((partition) => {
    const key = partitionKey(partition)
    return { ...partition, offset: Math.max(committed.get(key) ?? 0, starts.get(key) ?? 0) }
  })
}

/** Whether readers see a record at any of these positions or behind it: a transaction's end is a place in the log, too. */
async function hasRecords(
  kafka: Kafka,
  positions: readonly Position[],
  ends: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<boolean> {
  const starts = new Map(positions.map((position) => [partitionKey(position), position.offset]))
  let found = false
  const onRecord = (): boolean => {
    found = true
    return false
  }
  const reader = { isolation: 'read_committed', signal, onRecord } as const
  await readPartitions(kafka, { partitions: positions, starts, ends }, reader)
  return found
}
