import { afterAll, describe, expect, test } from 'vitest'
import { families } from './families.ts'
import { KafkaStreamsOracle } from './kafka-streams.ts'
import { runWeft } from './weft.ts'

// The same operations and records through Kafka Streams and through Weft: all that is written, all stores and all topics are equal.
// SEEDS=5000 for the full size, FIRST_SEED to begin elsewhere, FAMILY for one of them.
const seeds = Number(process.env['SEEDS'] ?? 30)
const firstSeed = Number(process.env['FIRST_SEED'] ?? 1)
const wanted = process.env['FAMILY']

const oracle = new KafkaStreamsOracle()
afterAll(() => oracle.close())

describe.each(Object.entries(families).filter(([name]) => wanted === undefined || name === wanted))(
  '%s',
  (name, family) => {
    test(
      `${seeds} seeds from ${firstSeed} give what Kafka Streams gives`,
      { timeout: 3_600_000 },
      async () => {
        for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
          const plan = family(seed)
          const expected = await oracle.run(plan)
          if (expected === undefined) continue
          const actual = await runWeft(plan)
          const replay = `FAMILY=${name} FIRST_SEED=${seed} SEEDS=1\n${JSON.stringify(plan.operations)}`
          expect(actual, replay).toEqual(expected)
        }
      },
    )
  },
)
