import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

// SEEDS says how many, SEED where they begin: a failure names its seed, and SEED=n SEEDS=1 runs it alone.
const count = Number(process.env['SEEDS'] ?? 12)
const first = Number(process.env['SEED'] ?? 1)

test('loses, doubles and disorders nothing, whatever breaks', { timeout: 3_600_000 }, async () => {
  for (let seed = first; seed < first + count; seed++) {
    expect(await simulate(seed), `seed ${seed}`).toEqual([])
  }
})
