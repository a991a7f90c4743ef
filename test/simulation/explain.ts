import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulate } from './simulate.ts'
import type { Outcome } from './simulate.ts'
import { Trace } from './trace.ts'

/** Lines of a trace that are worth showing at once: what was broken, and what the engine said of it. */
const shownLines = 40
const chatter = /^(send|answer) (Fetch|Heartbeat|Metadata|ApiVersions|DescribeConfigs|FindCoordinator)\b/

/** Runs a seed that failed once more, with a trace this time, and says what is wrong, what led to it, and where the whole trace is. */
export async function explain(seed: number): Promise<string> {
  const trace = new Trace()
  const outcome = await simulate(seed, { trace })
  const file = join(mkdtempSync(join(tmpdir(), 'weft-simulation-')), `seed-${seed}.txt`)
  writeFileSync(file, [...trace.lines.map((line) => line.text), '', ...sayWrong(seed, outcome)].join('\n'))
  const telling = trace.lines.filter(({ what }) => !chatter.test(what))
  return [
    ...sayWrong(seed, outcome),
    `the last ${shownLines} telling lines of ${trace.lines.length}, all of them in ${file}:`,
    ...telling.slice(-shownLines).map(({ text }) => text),
    `again: node test/simulation/main.ts --from ${seed} --seeds 1 --trace`,
  ].join('\n')
}

export function sayWrong(seed: number, { plan, wrong }: Outcome): string[] {
  return [`seed ${seed} (${plan}):`, ...wrong.map((line) => `  ${line}`)]
}
