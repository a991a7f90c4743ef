/** The programs of `bench/peers` and `bench/state`, as they are called at their smoke size. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** These need nothing but npm. */
export const callsOfNpm: readonly string[] = [
  ...['count', 'total', 'hopping', 'session'].map(
    (workload) => `bench/state/operators.ts workload=${workload}`,
  ),
  'bench/state/operators.ts workload=left engine=memory',
  ...['memory', 'sqlite', 'rocksdb'].map((engine) => `bench/state/profiles.ts engine=${engine}`),
  'bench/state/larger-than-memory.ts',
  'bench/state/soak.ts',
]

/** Apache Kafka, Java and Maven besides. */
export const callsOfKafka: readonly string[] = [
  'bench/peers/compare.ts',
  'bench/peers/compare.ts variant=odd workloads=enrich systems=weft',
  'bench/peers/latency.ts only=20',
  'bench/peers/broker-throughput.ts',
  'bench/peers/serde.ts',
  'bench/state/restart.ts',
]

/**
 * Runs a program, which has processes of its own: all end with it.
 *
 * @throws Error with what the program said, where it fails or takes longer; it may keep no result
 */
export async function runSmoke(call: string, timeoutMs: number): Promise<void> {
  const before = results()
  const program = spawn(process.execPath, [...call.split(' '), 'size=smoke'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [program.stdout, program.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const kill = (): boolean => process.kill(-(program.pid ?? 0), 'SIGKILL')
  const late = setTimeout(kill, timeoutMs)
  process.once('exit', kill)
  const [code] = await once(program, 'close')
  process.off('exit', kill)
  clearTimeout(late)
  expect(code, said).toBe(0)
  expect(results()).toEqual(before)
}

function results(): readonly string[] {
  return globSync('bench/results/*').map((file) => `${file}\n${readFileSync(file, 'utf8')}`)
}
