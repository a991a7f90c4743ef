/** A function that does not compile is said before there is anything in the cluster, and before other applications take records. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { runWeft, type WeftEnd } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-broken-functions-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string
/** A first start of Python takes long where others have the processors. */
const pythonMs = 110_000

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const names = ['words', 'counts']
  await cluster.kafka.admin.createTopics(
    names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

/** Counts by two keys, which needs topics of its own. */
function definition(name: string, language: string, code: readonly string[]): string {
  writeFileSync(join(folder, 'data.jsonl'), '{"word":"a"}\n')
  const path = join(folder, `${name}.yaml`)
  const mappers = code.map(
    (expression) =>
      `      - { type: selectKey, mapper: { language: ${language}, expression: '${expression}', resultType: string } }\n`,
  )
  writeFileSync(
    path,
    `name: ${name}
streams:
  words: { topic: words, keyType: string, valueType: json }
  counts: { topic: counts, keyType: string, valueType: long }
pipelines:
  main:
    from: words
    via:
${mappers.join('')}      - type: groupByKey
      - type: count
      - type: toStream
    to: counts
dev: { topics: { words: { file: data.jsonl } } }
`,
  )
  return path
}

function run(...files: readonly string[]): Promise<WeftEnd> {
  const state = ['--state-dir', join(folder, 'state')]
  return runWeft(['run', ...files, '--bootstrap', bootstrap, ...state], { timeoutMs: pythonMs })
}

async function topics(): Promise<string[]> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  return (await cluster.kafka.admin.listTopics()).map(({ name }) => name).toSorted()
}

async function groups(): Promise<readonly string[]> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  return (await cluster.kafka.admin.listGroups()).map((group) => group.groupId)
}

const sound = ['"a"']

test.each([
  ['javascript', ['value.(', 'key', 'value +']],
  ['python', ['value.(', 'key', 'value +']],
])(
  'run says of %s which functions are broken, each at its place, and touches nothing',
  async (language, code) => {
    const { stderr, code: end } = await run(
      definition(`broken-${language}`, language, code),
      definition('sound', 'javascript', sound),
    )
    expect(stderr).toMatch(
      new RegExp(String.raw`broken-${language}\.yaml:9:\d+ {2}error {2}FUNCTION_INVALID`),
    )
    expect(stderr).toMatch(
      new RegExp(String.raw`broken-${language}\.yaml:11:\d+ {2}error {2}FUNCTION_INVALID`),
    )
    expect(stderr.match(/^SyntaxError/gm)).toHaveLength(2)
    expect(end).toBe(2)
    expect(await topics()).toEqual(['counts', 'words'])
    expect(await groups()).toEqual([])
  },
)

test.each(['javascript', 'python'])(
  'dev says of %s that it does not compile before it loads data',
  async (language) => {
    const { stderr, code } = await runWeft(['dev', definition('broken', language, ['value.('])], {
      timeoutMs: pythonMs,
    })
    expect(stderr).toMatch(/broken\.yaml:9:\d+ {2}error {2}FUNCTION_INVALID/)
    expect(stderr).not.toContain('loaded')
    expect(code).toBe(2)
  },
)

test('threads in workers wait for each other, too', async () => {
  const files = [definition('broken', 'python', ['value.(']), definition('sound', 'javascript', sound)]
  const { stderr, code } = await run(...files, '--threads', '2')
  expect(stderr).toMatch(/broken\.yaml:9:\d+ {2}error {2}FUNCTION_INVALID/)
  expect(code).toBe(2)
  expect(await topics()).toEqual(['counts', 'words'])
})

/** Takes words through a function of a module beside it; there is one word. */
function moduleDefinition(name: string, module: string): string {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(join(folder, `${name}.ts`), module)
  writeFileSync(join(folder, 'data.jsonl'), '{"word":"a"}\n')
  writeFileSync(
    path,
    `name: ${name}
streams:
  words: { topic: words, keyType: string, valueType: json }
  counts: { topic: counts, keyType: string, valueType: json }
functions: { f: { type: valueTransformer, module: './${name}.ts#f', resultType: json } }
pipelines: { main: { from: words, via: [{ type: mapValues, mapper: f }], to: counts } }
dev: { topics: { words: { file: data.jsonl } } }
`,
  )
  return path
}

test('a module with more TypeScript than types is named with its line, and with what to write', async () => {
  const path = moduleDefinition(
    'colors',
    'export type Hue = number\nenum Color { red }\nexport const f = () => Color.red\n',
  )
  const { stderr, code } = await runWeft(['check', path])
  expect(stderr).toContain(`${join(folder, 'colors.ts')}:2:1  error  FUNCTION_INVALID\n`)
  expect(stderr).toContain('\n  2 | enum Color { red }\n    | ^\n')
  expect(stderr).toMatch(/^SyntaxError: TypeScript enum is not supported\.$/m)
  expect(stderr).toContain(
    'Hint: Types are removed here, not compiled: write an enum or a namespace as an object',
  )
  expect(code).toBe(2)
})

test.each([
  ['as it is named from elsewhere', () => join(folder, '..'), () => `${basename(folder)}/`],
  ['as it is named from its folder', () => folder, () => ''],
])('the line of a module that fails is shown, %s', async (_, where, place) => {
  const name = 'thrower'
  moduleDefinition(name, 'export const f = (key: string) => {\n  throw new RangeError("out")\n}\n')
  const { stderr, code } = await runWeft(['dev', `${place()}${name}.yaml`], { folder: where() })
  expect(stderr).toContain(`${place()}${name}.ts:2:9  error  FUNCTION_FAILED\n`)
  expect(stderr).toContain('\n  2 |   throw new RangeError("out")\n    |         ^\n')
  expect(stderr).toContain(`RangeError: out at ${place()}${name}.ts, line 2.`)
  expect(code).toBe(1)
})
