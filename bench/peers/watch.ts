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
  readonly topic: string
  /** Records that are to come out, transaction markers not counted. */
  readonly expected: number
  readonly input: number
}

const everyMs = 50
const patienceMs = 180_000

/** Measures a process from outside, by its output topic: from the first record that is seen there to the last. */
export async function watch(kafka: Kafka, { system, pid, topic, expected, input }: Watched): Promise<Measured> {
  const [description] = await kafka.admin.describeTopics([topic])
  const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  const seen = async (): Promise<number> =>
    [...(await kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')).values()].reduce((sum, end) => sum + end, 0)
  const sample = (count: number): Sample => ({ count, atMs: performance.now(), cpu: cpuSeconds(pid) })
  const startMs = performance.now()
  let first: Sample | undefined
  let half: Sample | undefined
  let last = sample(0)
  while (last.count < expected && performance.now() - startMs < patienceMs && !Number.isNaN(last.cpu)) {
    await delay(everyMs)
    last = sample(await seen())
    if (last.count > 0) first ??= last
    if (last.count >= expected / 2) half ??= last
  }
  if (first === undefined || half === undefined) throw new Error(`${system} put nothing into ${topic}`)
  const scale = input / expected / 1e6
  const between = (from: Sample) => ({
    rate: (((last.count - from.count) * scale * 1e6) / (last.atMs - from.atMs)) * 1000,
    cpu: (last.cpu - from.cpu) / ((last.count - from.count) * scale),
  })
  return {
    system,
    recordsPerSecond: between(first).rate,
    recordsPerSecondSecondHalf: between(half).rate,
    cpuPerMillion: between(first).cpu,
    cpuPerMillionSecondHalf: between(half).cpu,
    memoryMib: peakMemoryMib(pid),
    output: last.count,
  }
}

interface Sample {
  readonly count: number
  readonly atMs: number
  readonly cpu: number
}
