import { describe, expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { loadTopology } from '../testing/load-topology.ts'

// A function may give what no format can write: the trouble is then the record's, and its policy decides.

const head = `
name: unwritable
streams:
  input: { topic: input, keyType: string, valueType: string }
  output: { topic: output, keyType: string, valueType: json }
`

const made = (code: string) => `${head}
functions:
  make:
    type: valueTransformer
    language: javascript
    resultType: json
    code: |
      const made = {}
      if (value === 'bad') { ${code} }
      return made
pipelines:
  p: { from: input, via: [{ type: mapValues, mapper: make }], to: output }`

const kept = `${head}
pipelines:
  p:
    from: input
    via:
      - type: groupByKey
      - type: aggregate
        store: { name: kept, type: keyValue, keyType: string, valueType: json, logging: true }
        initializer: { language: javascript, resultType: json, expression: '({})' }
        aggregator:
          language: javascript
          resultType: json
          code: |
            const made = {}
            if (value === 'bad') made.self = made
            return made
      - type: toStream
    to: output`

async function runBad(definition: string, policy: 'fail' | 'dead_letter') {
  const cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    ['x', 'bad', 'y'].map((value) => ({ key: 'k', value })),
  )
  const application = cluster.application(await loadTopology(definition), { policies: { encode: policy } })
  application.start()
  return { cluster, application }
}

async function failureOf(definition: string): Promise<unknown> {
  const { cluster, application } = await runBad(definition, 'fail')
  await using _ = cluster
  return await cluster.run(application.done.catch((thrown: unknown) => thrown))
}

describe.each([
  ['an object that holds itself', made('made.self = made'), 'It holds itself, and has no end.'],
  [
    'objects without end in sight',
    made('let at = made; for (let depth = 0; depth < 100_000; depth++) at = at.next = {}'),
    'It is nested too deep, or too long.',
  ],
  [
    'an object that throws when it is read',
    made("made.toJSON = () => { throw new TypeError('not now') }"),
    'Its "toJSON" threw TypeError: not now.',
  ],
  ['a number that is none', made('made.ratio = 0 / 0'), 'It holds NaN, an infinite number'],
  ['an aggregate that holds itself', kept, 'It holds itself, and has no end.'],
])('%s', (_what, definition, detail) => {
  test('ends the application, with what is wrong and what to do', async () => {
    expect(await failureOf(definition)).toMatchObject({
      code: 'VALUE_TYPE_MISMATCH',
      message: 'value cannot be written as JSON',
      detail: expect.stringMatching(new RegExp(`^${RegExp.escape(detail)}.*partition 0, offset 1`)),
      hint: expect.stringContaining('function that makes it'),
    })
  })

  test('is left out where the policy says so, and the others go on', async () => {
    const { cluster } = await runBad(definition, 'dead_letter')
    await using _ = cluster
    const output = await cluster.untilRead('output', (read) => read.length === 2)
    expect(output.map(({ value }) => String(value))).toEqual(['{}', '{}'])
    const letters = await cluster.untilRead('app-dead-letters', (read) => read.length === 1)
    expect(letters.map(({ value }) => String(value))).toEqual(['bad'])
  })
})

test('the last function before the trouble is named, and its place in the file', async () => {
  expect(await failureOf(made('made.self = made'))).toMatchObject({
    detail: expect.stringContaining('The last function before it is "make", called by operator'),
    span: { file: 'definition.yaml', line: 13, column: 7 },
  })
})
