import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { cpuSeconds, peakMemoryMib } from './process-usage.ts'

export interface Measured {
  readonly system: string
  readonly recordsPerSecond: number
  readonly recordsPerSecondSecondHalf: number
  readonly cpuPerMillion: number
  readonly cpuPerMillionSecondHalf: number
  readonly memoryMib: number
  readonly output: number
}

export interface Watched {
  readonly system: string
  readonly pid: number
  readonly group: string
  readonly topic: string
  /** Whose committed offsets count; internal topics have some, too. */
  readonly inputs: readonly string[]
  /** Records that are to come out, transaction markers not counted; undefined: the end is when the group has committed all input. */
  readonly expected: number | undefined
  readonly input: number
}

const everyMs = 50
const patienceMs = 220_000

/**
 * Measures a process from outside. By its output topic: from the first record that is seen there to the last. By what its group has committed:
 * from the moment when it has its tasks to the commit of the last input.
 */
export async function watch(kafka: Kafka, watched: Watched): Promise<Measured> {
  const { system, pid, topic, expected, input } = watched
  const progress = expected === undefined ? committed(kafka, watched) : await recordsIn(kafka, topic)
  const goal = expected ?? input
  const sample = (count: number): Sample => ({ count, atMs: performance.now(), cpu: cpuSeconds(pid) })
  const startMs = performance.now()
  let first: Sample | undefined
  let half: Sample | undefined
  let last = sample(-1)
  while (last.count < goal && performance.now() - startMs < patienceMs && !Number.isNaN(last.cpu)) {
    await delay(everyMs)
    last = sample(await progress())
    if (last.count > (expected === undefined ? -1 : 0)) first ??= last
    if (last.count >= goal / 2) half ??= last
  }
  if (Number.isNaN(last.cpu)) throw new Error(`${system} ended before it had done its work for ${topic}`)
  if (first === undefined || half === undefined) throw new Error(`${system} has done nothing for ${topic}`)
  const scale = input / goal
  const between = (from: Sample) => {
    const records = (last.count - from.count) * scale
    return { rate: (records / (last.atMs - from.atMs)) * 1000, cpu: ((last.cpu - from.cpu) / records) * 1e6 }
  }
  return {
    system,
    recordsPerSecond: between(first).rate,
    recordsPerSecondSecondHalf: between(half).rate,
    cpuPerMillion: between(first).cpu,
    cpuPerMillionSecondHalf: between(half).cpu,
    memoryMib: peakMemoryMib(pid),
    output: await (await recordsIn(kafka, topic))(),
  }
}

/** Gives how many records a topic has. */
export async function recordsIn(kafka: Kafka, topic: string): Promise<() => Promise<number>> {
  const [description] = await kafka.admin.describeTopics([topic])
  const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  return async () =>
    [...(await kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')).values()].reduce(
      (sum, end) => sum + end,
      0,
    )
}

/** Gives how many input records a group has committed; −1 while it has no assignment. */
export function committed(
  kafka: Kafka,
  { group, inputs }: Pick<Watched, 'group' | 'inputs'>,
): () => Promise<number> {
  let assigned = false
  return async () => {
    assigned ||= (await kafka.admin.describeGroup(group))?.state === 'Stable'
    if (!assigned) return -1
    const offsets = (await kafka.admin.groupOffsets(group)).filter(({ topic }) => inputs.includes(topic))
    return offsets.reduce((sum, { offset }) => sum + offset, 0)
  }
}

interface Sample {
  readonly count: number
  readonly atMs: number
  readonly cpu: number
}
