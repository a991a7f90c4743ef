import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { TestDriver } from '../../src/testing/test-driver.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { readCase } from './golden-case.ts'
import { runCase } from './run-case.ts'
import { lineOf, namesOf, outputsOf, topologyOf } from './waiting-joins/engine.ts'
import { Interpreter } from './waiting-joins/interpreter.ts'
import {
  definitionText,
  randomQuery,
  randomRecords,
  type ModelQuery,
  type ModelRecord,
} from './waiting-joins/model.ts'
import { interleavings, queries, recordOf, traces, type Trace } from './waiting-joins/traces.ts'

// Joins that wait against a naive interpreter of their rules. WEFT_WAITING_JOINS=20000 compares so many inputs.
const inputs = Number(process.env['WEFT_WAITING_JOINS'] ?? 200)
const inputsPerQuery = 20

/** The same query and input for the same seed. */
async function compareOne(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const expiring = seed % 2 === 0
  const query = randomQuery(random, expiring)
  const text = definitionText(query)
  const topology = await topologyOf(text)
  for (let input = 0; input < inputsPerQuery; input++) {
    const records = randomRecords(random, query)
    const partitions = expiring ? 1 : 1 + 3 * (input % 2)
    const actual = await outputsOf(topology, query, { records, partitions })
    const expected = expectedOf(query, records)
    expect({ records, ...actual }, `seed ${seed}: ${text}`).toEqual({ records, ...expected })
  }
}

function expectedOf(query: ModelQuery, records: readonly ModelRecord[]) {
  const interpreter = new Interpreter(query)
  const outputs = records.map((record) => interpreter.take(record).map(lineOf).toSorted())
  return { outputs, expiredUnemitted: interpreter.expiredUnemitted }
}

describe('joins that wait', () => {
  test(
    `give what a naive interpreter of their rules gives for ${inputs} inputs`,
    { timeout: 3_600_000 },
    async () => {
      const first = Number(process.env['WEFT_WAITING_JOINS_SEED'] ?? 1)
      for (let seed = first; seed < first + inputs / inputsPerQuery; seed++) await compareOne(seed)
    },
  )

  test.each([18_015])('give the same for seed %i, for which they once did not', compareOne)

  describe.each(['immediate', 'smart'] as const)('%s', (emission) => {
    test.each(traces)('$about', async ({ query: name, steps, expiredUnemitted }) => {
      const query = queries[name](emission)
      const topology = await topologyOf(definitionText(query))
      const records = steps.map(([input], index) => recordOf(input, index))
      const wanted = steps.map((step) => step[emission === 'immediate' ? 1 : 2])
      for (const partitions of [1, 4]) {
        const actual = await outputsOf(topology, query, { records, partitions })
        expect(actual.outputs.map(namesOf), `${partitions} partitions`).toEqual(wanted)
        expect(actual.expiredUnemitted).toBe(emission === 'smart' ? (expiredUnemitted ?? 0) : 0)
      }
    })

    test.each(traces)('in every order that keeps each topic in its own: $about', async (trace) => {
      await compareOrders(trace, emission)
    })
  })
})

test.each([
  'a dimension that drives by two keys',
  'a dimension that drives by what it was joined with',
] as const)('%s keeps no event that has expired', async (name) => {
  const topology = await topologyOf(definitionText(queries[name]('immediate')))
  await using driver = await TestDriver.open(topology)
  const send = (topic: string, key: string, hour: number): void =>
    driver.send(topic, { key, value: { k: 1, m: 5, n: 7, v: key }, timestampMs: hour * 3_600_000 })
  send('topic0', 'a', 0)
  const entries: number[] = []
  for (let hour = 0; hour < 90; hour++) {
    send('topic1', `x${hour}`, hour)
    if (hour % 30 === 29) entries.push(entriesIn(topology, driver))
  }
  expect(driver.take('out').length).toBeGreaterThan(90)
  expect(entries[2]).toBe(entries[0])
})

test.each(['sql-waiting-dimension', 'sql-waiting-events', 'sql-waiting-look-ups'])(
  '%s, killed after each record',
  async (name) => {
    const golden = await readCase(join(import.meta.dirname, 'cases'), name)
    const { actual, expected } = await runCase(golden, 'crashed', { engine: 'memory' }, { endEvery: 1 })
    expect(actual).toEqual(expected)
  },
)

function entriesIn(topology: Topology, driver: TestDriver): number {
  const always = { earliestEndMs: 0, latestStartMs: Number.MAX_SAFE_INTEGER }
  const all = { from: undefined, to: undefined }
  return topology.stores
    .map(({ name }) => driver.store(name))
    .flatMap((store): readonly unknown[] => {
      if (store.kind === 'session') return [...store.findSessionsOfKeys(all, always)]
      if (store.kind === 'window') return [...store.fetchAll({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER })]
      return store.kind === 'key-value' ? [...store.all()] : []
    }).length
}

async function compareOrders({ query: name, steps }: Trace, emission: 'immediate' | 'smart'): Promise<void> {
  const query = queries[name](emission)
  const topology = await topologyOf(definitionText(query))
  for (const records of interleavings(steps.map(([input], index) => recordOf(input, index)))) {
    const { outputs, expiredUnemitted } = expectedOf(query, records)
    for (const partitions of [1, 4]) {
      const actual = await outputsOf(topology, query, { records, partitions })
      expect({ records, outputs: actual.outputs }).toEqual({ records, outputs })
      // Each partition has a time of its own.
      if (partitions === 1)
        expect({ records, counted: actual.expiredUnemitted }).toEqual({ records, counted: expiredUnemitted })
    }
  }
}
