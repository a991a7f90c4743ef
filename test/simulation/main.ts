/**
 * Runs seeds and says what is wrong: `node test/simulation/main.ts [--seeds N] [--from SEED] [--trace]`. The exit code is 1 when a
 * seed failed.
 */
import { parseArgs } from 'node:util'
import { sayWrong } from './explain.ts'
import { simulate } from './simulate.ts'
import { Trace } from './trace.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})
const first = Number(values.from)
const count = Number(values.seeds)
let failed = 0
let virtualMs = 0
const startMs = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const trace = values.trace ? new Trace() : undefined
  const outcome = await simulate(seed, trace)
  virtualMs += outcome.virtualMs
  if (trace !== undefined) console.log(trace.lines.map(({ text }) => text).join('\n'))
  if (outcome.wrong.length === 0) continue
  failed += 1
  console.log(sayWrong(seed, outcome).join('\n'))
}
const seconds = (performance.now() - startMs) / 1000
console.log(
  `${count} seeds, ${failed} failed, ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(1)} seeds a second, ` +
    `${(virtualMs / 3_600_000).toFixed(1)} hours of virtual time`,
)
process.exitCode = failed === 0 ? 0 : 1
