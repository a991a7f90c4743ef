import { expect, test } from 'vitest'
import { loadDefinition } from '../../src/language/load.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { TestCluster, type ReadRecord } from '../../src/testing/cluster.ts'

// What it draws differs from interpreter to interpreter, and with it where one breaks.
const fragile = definition(['4'], 'random.random() < 0.5')
const broken = definition(['4', '5'], 'True')

function definition(values: readonly string[], breaks: string): string {
  return `streams:
  input: { topic: input, keyType: string, valueType: string }
  output: { topic: output, keyType: string, valueType: json }
functions:
  fragile:
    type: valueTransformer
    globalCode: |
      import random
      BREAKS = ${breaks}
    code: |
      nested = []
      if value in ${JSON.stringify(values)} and BREAKS:
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
}

async function topology(text: string): Promise<Topology> {
  const catalog = { values: () => Promise.resolve(undefined) }
  const { topologies, diagnostics } = await loadDefinition(
    { path: 'fragile.yaml', text },
    { environment: {}, catalog },
  )
  expect(diagnostics).toEqual([])
  return topologies[0] as Topology
}

const values = ['1', '2', '3', '4', '5', '6']
const python = { snapshotFolder: 'node_modules/.cache/weft' }

/** A cluster with the values in its input, and what its threads warn of. */
async function clusterWith(seed: number): Promise<{ cluster: TestCluster; warnings: string[] }> {
  const warnings: string[] = []
  const note = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    warnings.push(`${message}: ${String(fields?.['code'])}. ${String(fields?.['detail'])}`)
  }
  const logger = { trace() {}, debug() {}, info() {}, warn: note, error: note, with: () => logger }
  const cluster = new TestCluster({ seed, logger })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    values.map((value) => ({ key: 'k', value })),
  )
  return { cluster, warnings }
}

function valuesOf(output: readonly ReadRecord[]): string[] {
  return output.map(({ value }) => (JSON.parse(String(value)) as { value: string }).value)
}

const replaced = 'thread failed, another takes its place: INTERPRETER_FAILED.'
const call = 'Maximum call stack size exceeded. Function "fragile" was called by operator "fragile_step1".'
const lostAt = (offset: number): string =>
  `${replaced} ${call} Topic "input", partition 0, offset ${offset}, task 0_0.`

/** Runs the pipeline over the values, and says whether a thread was replaced on the way. One that breaks twice has ended. */
async function runWith(seed: number): Promise<boolean> {
  const { cluster, warnings } = await clusterWith(seed)
  await using _ = cluster
  cluster.application(await topology(fragile), { python }).start()
  const whole = cluster.untilRead('output', (read) => read.length >= values.length, 60_000)
  const output = await whole.catch(() => undefined)
  if (output === undefined) return false
  expect(valuesOf(output)).toEqual(values)
  return warnings.some((warning) => warning.startsWith(replaced))
}

test('a Python interpreter that breaks is replaced by a new one, and each record comes out once', async () => {
  let wasReplaced = false
  for (let seed = 2; seed < 42 && !wasReplaced; seed++) wasReplaced = await runWith(seed)
  expect(wasReplaced).toBe(true)
})

test('records that break each interpreter become dead letters, and those around them are processed', async () => {
  const { cluster, warnings } = await clusterWith(1)
  await using _ = cluster
  const policies = { function: 'dead_letter' } as const
  cluster.application(await topology(broken), { python, policies }).start()
  const output = await cluster.untilRead('output', (read) => read.length >= 4, 3_600_000)
  expect(valuesOf(output)).toEqual(['1', '2', '3', '6'])
  expect(warnings).toEqual([lostAt(3), lostAt(3), lostAt(4), lostAt(4)])
  const letters = await cluster.untilRead('app-dead-letters', (read) => read.length >= 2)
  expect(letters.map(({ value }) => String(value))).toEqual(['4', '5'])
  expect(letters[0]?.headers?.map(({ key, value }) => [key, String(value)])).toContainEqual([
    'weft.error.code',
    'FUNCTION_FAILED',
  ])
})

test('where records are not to be left out, the second interpreter that breaks at one ends the application', async () => {
  const { cluster, warnings } = await clusterWith(1)
  await using _ = cluster
  const application = cluster.application(await topology(broken), { python })
  application.start()
  const error: unknown = await cluster.run(application.done.catch((thrown: unknown) => thrown))
  expect(error).toMatchObject({
    code: 'FUNCTION_FAILED',
    message: 'the Python interpreter has failed in function "fragile"',
    detail: `${call} A new interpreter broke at the same record. Topic "input", partition 0, offset 3, task 0_0.`,
    hint: expect.stringContaining('--on-error') as string,
    span: { file: 'fragile.yaml' },
  })
  expect(warnings.filter((warning) => warning.startsWith(replaced))).toEqual([lostAt(3)])
})
