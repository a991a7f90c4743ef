import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { simulate } from './simulate.ts'
import { Trace } from './trace.ts'

// SEEDS says how many, SEED where they begin: a failure names its seed, and SEED=n SEEDS=1 runs it alone.
const count = Number(process.env['SEEDS'] ?? 16)
const first = Number(process.env['SEED'] ?? 1)

test('loses, doubles and disorders nothing, whatever breaks', { timeout: 3_600_000 }, async () => {
  for (let seed = first; seed < first + count; seed++) {
    const { wrong } = await simulate(seed)
    if (wrong.length > 0) expect.fail(await explain(seed))
  }
})

test('the same seed is the same run, step by step', async () => {
  const traceOf = async (): Promise<string> => {
    const trace = new Trace()
    await simulate(3, { trace })
    return trace.lines.map(({ text }) => text).join('\n')
  }
  const once = await traceOf()
  expect(once.length).toBeGreaterThan(10_000)
  expect(await traceOf()).toBe(once)
})
