/** What `weft run` says of an application that fails by a function of its author: to people, to programs, and of the record. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { runWeft, weft } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-failing-function-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string
/** A first start of Python takes long where others have the processors. */
const pythonMs = 110_000

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  await cluster.kafka.admin.createTopics(
    ['payments', 'cards'].map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
  const data = join(folder, 'payments.jsonl')
  writeFileSync(data, '{"id":"key-of-it","card":"4242-x","name":"Ada Lovelace"}\n')
  await weft('produce', 'payments', '--file', data, '--key', 'id', '--bootstrap', bootstrap)
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

interface Code {
  readonly language: 'javascript' | 'python'
  readonly code: readonly string[]
  readonly expression: string
}

/** Runs an application of one function until it has failed by it. @returns the lines of its standard error */
async function failingBy(name: string, code: Code, ...options: readonly string[]): Promise<string[]> {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `name: ${name}
streams:
  payments: { topic: payments, keyType: string, valueType: json }
  cards: { topic: cards, keyType: string, valueType: int }
functions:
  card:
    type: valueTransformer
    language: ${code.language}
    code: |
${code.code.map((line) => `      ${line}\n`).join('')}    expression: ${code.expression}
    resultType: int
pipelines: { main: { from: payments, via: [{ type: mapValues, mapper: card }], to: cards } }
`,
  )
  const place = ['--bootstrap', bootstrap, '--state-dir', join(folder, 'state')]
  const { stderr, code: end } = await runWeft(['run', path, ...place, ...options], { timeoutMs: pythonMs })
  expect(end, stderr).toBe(1)
  return stderr.trimEnd().split('\n')
}

const thrower: Code = { language: 'javascript', code: ['throw new RangeError("no card")'], expression: '1' }

/** After the log, before the line that counts. */
const readable = (name: string): string[] => [
  `${name} failed`,
  `${join(folder, `${name}.yaml`)}:10:13  error  FUNCTION_FAILED`,
  'function "card" failed',
  '',
  '   9 |     code: |',
  '  10 |       throw new RangeError("no card")',
  '     |             ^',
  '  11 |     expression: 1',
  '',
  `RangeError: no card at ${join(folder, `${name}.yaml`)}, line 10. Function "card" was called by operator "${name}_step1". Topic "payments", partition 0, offset 0, task 0_0.`,
  'Hint: Correct the function, or let such records be left out: weft run --on-error, or errorHandling in the file given by --config.',
]

describe.each([1, 2])('an application of %d threads that fails', (threads) => {
  const withThreads = ['--threads', String(threads)]

  test('says so to people once, at the end', async () => {
    const lines = await failingBy('people', thrower, '--log-format', 'text', ...withThreads)
    expect(lines.slice(-12, -1)).toEqual(readable('people'))
    expect(lines.at(-1)).toMatch(/^in 0, out 0, /)
    expect(lines.filter((line) => line.includes('no card'))).toHaveLength(2)
    expect(lines.slice(0, -12).filter((line) => line.includes('error'))).toEqual([])
  })

  test('says so to programs by one line of the log, and to people below it', async () => {
    const lines = await failingBy('programs', thrower, '--log-format', 'json', ...withThreads)
    expect(lines.slice(-12, -1)).toEqual(readable('programs'))
    const log = lines.slice(0, -12).map((line) => JSON.parse(line) as Record<string, unknown>)
    const errors = log.filter(({ level }) => level === 50)
    expect(errors).toEqual([
      {
        level: 50,
        time: expect.any(String),
        application: 'programs',
        code: 'FUNCTION_FAILED',
        error: 'function "card" failed',
        detail: readable('programs').at(-2),
        msg: 'application failed',
      },
    ])
    expect(log.at(-1)).toEqual(errors[0])
  })
})

/** Everything that it says, at every level, but for the excerpt of the definition. */
const all = ['--log-level', 'trace', '--log-format', 'json']

describe('of a record that a function fails at', () => {
  test('nothing is said but the text of the exception, as the code raised it', async () => {
    const code = { language: 'python', code: ['number = int(value["card"])'], expression: 'number' } as const
    const said = (await failingBy('raising', code, ...all)).join('\n')
    expect(said).toContain("ValueError: invalid literal for int() with base 10: '4242-x' at ")
    expect(said.replaceAll("base 10: '4242-x'", '')).not.toMatch(/4242|Ada|Lovelace|key-of-it/)
  })

  test('nothing is said where the code raises a text of its own instead', async () => {
    const code = [
      'try:',
      '  number = int(value["card"])',
      'except ValueError:',
      '  raise ValueError("card is not a number")',
    ]
    const said = (
      await failingBy('own-text', { language: 'python', code, expression: 'number' }, ...all)
    ).join('\n')
    expect(said).toContain('ValueError: card is not a number at ')
    expect(said).not.toMatch(/4242|Ada|Lovelace|key-of-it/)
  })
})
