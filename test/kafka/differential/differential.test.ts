import { afterAll, describe, expect, test } from 'vitest'
import { families } from './families.ts'
import { KafkaStreamsOracle } from './kafka-streams.ts'
import type { Outcome } from './plan.ts'
import { runWeft } from './weft.ts'

// The same operations and records through Kafka Streams and through Weft: all that is written, all stores and all topics are equal.
// SEEDS=5000 for the full size, FIRST_SEED to begin elsewhere, FAMILY for one of them.
const seeds = Number(process.env['SEEDS'] ?? 30)
const firstSeed = Number(process.env['FIRST_SEED'] ?? 1)
const wanted = wantedFamilies(process.env['FAMILY'])
/** So many differences are enough to look at. */
const differencesMax = 20
/** Of all plans, so many may be ones that Kafka Streams cannot build. */
const unbuiltShareMax = 0.1

const oracle = new KafkaStreamsOracle()
afterAll(() => oracle.close())

interface Difference {
  readonly actual: Outcome | { readonly error: string }
  readonly expected: Outcome
  /** How to have it again. */
  readonly replay: string
}

describe.each(wanted)('%s', (name, family) => {
  test(
    `${seeds} seeds from ${firstSeed} give what Kafka Streams gives`,
    { timeout: 3 * 3_600_000 },
    async () => {
      const differences: Difference[] = []
      let unbuilt = 0
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const plan = family(seed)
        const expected = await oracle.run(plan)
        if (expected === undefined) {
          unbuilt++
          continue
        }
        const actual = await runWeft(plan).catch((error: unknown) => ({ error: String(error) }))
        if (isEqual(actual, expected)) continue
        const replay = `FAMILY='${name}' FIRST_SEED=${seed} SEEDS=1\n${JSON.stringify(plan.operations)}`
        differences.push({ actual, expected, replay })
        console.error(`differs: ${replay}`)
        if (differences.length === differencesMax) break
      }
      const [first] = differences
      if (first !== undefined) expect(first.actual, first.replay).toEqual(first.expected)
      expect(unbuilt, 'plans that Kafka Streams cannot build').toBeLessThanOrEqual(seeds * unbuiltShareMax)
    },
  )
})

/** @param name - `stream joins` or `stream-joins`; undefined: all */
function wantedFamilies(name: string | undefined): (readonly [string, (typeof families)[string]])[] {
  const plain = (text: string): string => text.replaceAll('-', ' ')
  const found = Object.entries(families).filter(
    ([family]) => name === undefined || plain(family) === plain(name),
  )
  if (found.length === 0)
    throw new Error(`there is no family "${name}"; families are: ${Object.keys(families).join(', ')}`)
  return found
}

function isEqual(actual: unknown, expected: Outcome): boolean {
  try {
    expect(actual).toEqual(expected)
    return true
  } catch {
    return false
  }
}
