import { expect, test } from 'vitest'
import { loadDefinition } from '../../src/language/load.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { TestCluster } from '../../src/testing/cluster.ts'

// What it draws differs from interpreter to interpreter, and with it where one breaks.
const text = `streams:
  input: { topic: input, keyType: string, valueType: string }
  output: { topic: output, keyType: string, valueType: json }
functions:
  fragile:
    type: valueTransformer
    globalCode: |
      import random
      BREAKS = random.random() < 0.5
    code: |
      nested = []
      if value == "4" and BREAKS:
        for _ in range(100000):
          nested = [nested]
    expression: '{"value": value, "nested": nested}'
    resultType: json
pipelines:
  main:
    from: input
    via:
      - type: mapValues
        mapper: fragile
    to: output
`

async function topology(): Promise<Topology> {
  const catalog = { values: () => Promise.resolve(undefined) }
  const { topologies, diagnostics } = await loadDefinition(
    { path: 'fragile.yaml', text },
    { environment: {}, catalog },
  )
  expect(diagnostics).toEqual([])
  return topologies[0] as Topology
}

const values = ['1', '2', '3', '4', '5', '6']

/** Runs the pipeline over the values, and says whether a thread was replaced on the way. */
async function runWith(seed: number): Promise<boolean> {
  const warnings: string[] = []
  const note = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    warnings.push(`${message}: ${String(fields?.['code'])}`)
  }
  const logger = { trace() {}, debug() {}, info() {}, warn: note, error: note, with: () => logger }
  await using cluster = new TestCluster({ seed, logger })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    values.map((value) => ({ key: 'k', value })),
  )
  cluster.application(await topology(), { python: { snapshotFolder: 'node_modules/.cache/weft' } }).start()
  const output = await cluster.untilRead('output', (read) => read.length >= values.length, 3_600_000)
  expect(output.map(({ value }) => (JSON.parse(String(value)) as { value: string }).value)).toEqual(values)
  return warnings.includes('thread failed, another takes its place: INTERPRETER_FAILED')
}

test('a Python interpreter that breaks is replaced by a new one, and each record comes out once', async () => {
  let replaced = false
  for (let seed = 2; seed < 12 && !replaced; seed++) replaced = await runWith(seed)
  expect(replaced).toBe(true)
})
