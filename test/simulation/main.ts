/**
 * Runs seeds and says what is wrong; the exit code is 1 when a seed failed.
 *
 * `node test/simulation/main.ts [--seeds N] [--from SEED] [--parallel N] [--seconds N] [--only NAME] [--trace] [--until-failure]`
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sayWrong } from './explain.ts'
import { simulate } from './simulate.ts'
import { Trace } from './trace.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    /** So many processes, each with every so-manyth seed. */
    parallel: { type: 'string', default: '1' },
    stride: { type: 'string', default: '1' },
    /** No further seed is begun after so many. */
    seconds: { type: 'string', default: 'Infinity' },
    /** Only topologies with this in their name. */
    only: { type: 'string', default: '' },
    trace: { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
  },
})

/** What a number of seeds came to; plain, to cross between processes. */
interface Summary {
  seeds: number
  failed: number
  virtualMs: number
  /** How often each deed was done at each step, and each topology was run. */
  counts: Record<string, number>
}

async function runSeeds(): Promise<Summary> {
  const summary: Summary = { seeds: 0, failed: 0, virtualMs: 0, counts: {} }
  const first = Number(values.from)
  for (let seed = first; seed < first + Number(values.seeds); seed += Number(values.stride)) {
    if (performance.now() > Number(values.seconds) * 1000) break
    const trace = values.trace ? new Trace() : undefined
    const outcome = await simulate(seed, { trace, only: values.only })
    if (trace !== undefined) console.log(trace.lines.map(({ text }) => text).join('\n'))
    summary.seeds += 1
    summary.virtualMs += outcome.virtualMs
    for (const [deed, count] of [...outcome.deeds, [`topology ${outcome.plan.split(',')[0]}`, 1] as const])
      summary.counts[deed] = (summary.counts[deed] ?? 0) + count
    if (outcome.wrong.length === 0) continue
    summary.failed += 1
    console.log(sayWrong(seed, outcome).join('\n'))
    if (values['until-failure']) break
  }
  return summary
}

/** In processes of their own, since one thread is what makes a seed repeatable. */
async function runInParallel(count: number): Promise<Summary> {
  const total: Summary = { seeds: 0, failed: 0, virtualMs: 0, counts: {} }
  const parts = Array.from({ length: count }, async (_, index) => add(total, await runPart(index, count)))
  await Promise.all(parts)
  return total
}

function runPart(index: number, stride: number): Promise<Summary> {
  const { seconds, only } = values
  const facts = {
    from: Number(values.from) + index,
    seeds: Number(values.seeds) - index,
    stride,
    seconds,
    only,
  }
  const args = Object.entries(facts).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv })
  return new Promise((resolve, reject) => {
    child.on('message', (summary) => resolve(summary as Summary))
    child.on('exit', (code) => reject(new Error(`a process ended with ${code}, and said nothing`)))
  })
}

function add(total: Summary, part: Summary): void {
  total.seeds += part.seeds
  total.failed += part.failed
  total.virtualMs += part.virtualMs
  for (const [name, count] of Object.entries(part.counts))
    total.counts[name] = (total.counts[name] ?? 0) + count
}

const parallel = Number(values.parallel)
const startMs = performance.now()
const summary = parallel > 1 ? await runInParallel(parallel) : await runSeeds()
if (process.send !== undefined) process.send(summary)
else {
  const seconds = (performance.now() - startMs) / 1000
  if (summary.seeds >= 100) {
    for (const [name, count] of Object.entries(summary.counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      console.log(`${String(count).padStart(7)} ${name}`)
  }
  console.log(
    `${summary.seeds} seeds, ${summary.failed} failed, ${seconds.toFixed(1)} s, ` +
      `${(summary.seeds / seconds).toFixed(1)} seeds a second, ${(summary.virtualMs / 3_600_000).toFixed(1)} hours of virtual time`,
  )
}
process.exitCode = summary.failed === 0 ? 0 : 1
