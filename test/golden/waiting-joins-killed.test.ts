import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { namesOf, topologyOf } from './waiting-joins/engine.ts'
import { killedOutputs } from './waiting-joins/killed.ts'
import { definitionText } from './waiting-joins/model.ts'
import { queries, recordOf, traces, type Trace } from './waiting-joins/traces.ts'

// Each trace of the joins that wait, with a process that dies while or after it works on each record, and comes back.
// With WEFT_WAITING_JOINS_KILLS=full each goes in all four ways, with a death at every step that there is.
const full = process.env['WEFT_WAITING_JOINS_KILLS'] === 'full'
/** About so many steps are made for a record; those who die later have done everything. */
const stepsMin = 40
const ways = (['immediate', 'smart'] as const).flatMap((emission) =>
  [1, 4].map((partitions) => ({ emission, partitions })),
)

interface Run extends Trace {
  readonly number: number
  readonly emission: 'immediate' | 'smart'
  readonly partitions: number
}

const runs: readonly Run[] = traces.flatMap((trace, number) =>
  ways.filter((_, way) => full || way === number % ways.length).map((way) => ({ ...trace, ...way, number })),
)

describe('a process that is killed between any two records gives what one that lives gives', () => {
  test.each(runs)('$emission, $partitions partitions, $about', { timeout: 600_000 }, async (run) => {
    if (full) await dieAtEveryStep(run)
    else await dieAt(run, seededRandom(run.number).below(stepsMin))
  })
})

async function dieAtEveryStep(run: Run): Promise<void> {
  for (let step = 0; (await dieAt(run, step)) || step < stepsMin; step++);
}

/** Every second one loses its disk. @returns whether it died in the middle of its work for some record */
async function dieAt({ query: name, steps, emission, partitions }: Run, step: number): Promise<boolean> {
  const query = queries[name](emission)
  const topology = await topologyOf(definitionText(query))
  const records = steps.map(([input], index) => recordOf(input, index))
  const wanted = steps.map((expected) => expected[emission === 'immediate' ? 1 : 2])
  const given = { records, partitions, step, disk: step % 2 === 0 }
  const { outputs, midway } = await killedOutputs(topology, query, given)
  expect(outputs.map(namesOf), `killed at step ${step}`).toEqual(wanted)
  return midway
}
