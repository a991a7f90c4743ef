import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { systemRandom } from '../../base/random.ts'
import { Broker } from '../../broker/broker.ts'
import { openCluster } from '../cluster.ts'
import type { Output } from '../output.ts'
import { exitCode } from '../render/error.ts'
import { buildProgram } from '../program.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-check-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

const definition = `
name: large_orders
query: SELECT o.id, o.total FROM orders o WHERE o.total > 10
output: { topic: large_orders, format: json, key: id }
`

test('over loopback: finds the columns of a topic in its records', async () => {
  const { host, port } = await broker.listen(0, '127.0.0.1')
  const bootstrap = `${host}:${port}`
  await sendOrder(bootstrap)
  const path = join(folder, 'large.yaml')
  writeFileSync(path, definition)
  const { output, lines } = recorded()
  await (await buildProgram(output)).parseAsync(['check', path, '--bootstrap', bootstrap], { from: 'user' })
  expect(lines).toEqual([`${path}: fine; large_orders (3 nodes)`])
})

test('over loopback: says all that a start would find wrong with topics, at once', async () => {
  const { host, port } = await broker.listen(0, '127.0.0.1')
  const bootstrap = `${host}:${port}`
  await createTopics(bootstrap, { bills: 2, payers: 3 })
  const path = join(folder, 'topics.yaml')
  writeFileSync(path, ofMissingTopics)
  const { output, lines } = recorded()
  await (await buildProgram(output)).parseAsync(['check', path, '--bootstrap', bootstrap], { from: 'user' })
  expect(process.exitCode).toBe(exitCode.wrong)
  process.exitCode = undefined
  expect(lines.map((line) => line.split('\n').slice(0, 2).join(': '))).toEqual([
    'error  TOPIC_MISSING: topic "absent" does not exist',
    'error  TOPIC_MISSING: topic "paid" does not exist',
    expect.stringMatching(
      /^error {2}JOIN_NOT_COPARTITIONED: could not join stream "bills" with table "payers"/,
    ),
    `${path}: 3 errors`,
  ])
})

const ofMissingTopics = `streams:
  bills: { topic: bills, keyType: string, valueType: string }
  absent: { topic: absent, keyType: string, valueType: string }
  paid: { topic: paid, keyType: string, valueType: string }
tables:
  payers: { topic: payers, keyType: string, valueType: string }
pipelines:
  joined:
    from: bills
    via:
      - type: join
        table: payers
        valueJoiner: { language: javascript, expression: value1 + value2, resultType: string }
    to: paid
  copied: { from: absent, to: paid }
`

test('shows functions that do not compile among the other errors, those of modules in their file, and counts all', async () => {
  const path = join(folder, 'functions.yaml')
  writeFileSync(join(folder, 'fns.ts'), 'export const one = 1\nexport const two = one.x.y\n')
  writeFileSync(path, withFunctions)
  const { output, lines } = recorded()
  await (await buildProgram(output)).parseAsync(['check', path], { from: 'user' })
  expect(process.exitCode).toBe(exitCode.wrong)
  process.exitCode = undefined
  expect(lines.map((line) => line.split('\n')[0])).toEqual([
    `${join(folder, 'fns.ts')}:2:26  error  FUNCTION_INVALID`,
    `${path}:3:46  error  FUNCTION_INVALID`,
    `${path}:9:9  error  NAME_NOT_FOUND`,
    `${path}: 3 errors`,
  ])
  expect(lines[0]).toContain('2 | export const two = one.x.y\n')
  expect(lines[1]).toContain('SyntaxError')
})

test('shows where a schema is named that is in no file and in no registry', async () => {
  const path = join(folder, 'typed.yaml')
  writeFileSync(
    path,
    `streams:
  orders: { topic: orders, keyType: string, valueType: 'avro:shop.Order' }
  bills: { topic: bills, keyType: string, valueType: 'confluent_avro:Bill' }
pipelines:
  copy: { from: orders, to: bills }
`,
  )
  const { output, lines } = recorded()
  await (await buildProgram(output)).parseAsync(['check', path], { from: 'user' })
  expect(process.exitCode).toBe(exitCode.wrong)
  process.exitCode = undefined
  expect(lines[0]).toContain(`${path}:2:56  error  SCHEMA_NOT_FOUND`)
  expect(lines[0]).toContain('schema "shop.Order" is in no file and in no registry')
  expect(lines[0]).toContain('"shop.Order.avsc", "Order.avsc"')
  // With a file, or with a registry, it is not.
  writeFileSync(join(folder, 'Order.avsc'), '{"type":"record","name":"Order","namespace":"shop","fields":[]}')
  const fine = recorded()
  await (await buildProgram(fine.output)).parseAsync(['check', path], { from: 'user' })
  expect(fine.lines).toEqual([`${path}: fine; typed (2 nodes)`])
})

test('says which file cannot be read, and what is wrong with the others', async () => {
  const mixed = mkdtempSync(join(folder, 'mixed-'))
  const latin = join(mixed, 'a.yaml')
  writeFileSync(latin, Buffer.from('name: Zürich\n', 'latin1'))
  const wrong = join(mixed, 'b.yaml')
  writeFileSync(wrong, 'name: other\nquery: SELECT 1\n')
  const { output, lines } = recorded()
  await (await buildProgram(output)).parseAsync(['check', mixed], { from: 'user' })
  expect(process.exitCode).toBe(exitCode.wrong)
  process.exitCode = undefined
  expect(lines[0]).toContain(`could not read "${latin}"\n\nIt is not UTF-8.`)
  expect(lines.slice(1).join('\n')).toContain(`${wrong}:`)
})

const withFunctions = `functions:
  loaded: { type: forEach, module: ./fns.ts#two }
  wrong: { language: javascript, expression: 1 + }
streams:
  orders: { topic: orders, keyType: string, valueType: string }
pipelines:
  main:
    from: orders
    to: ordrs
`

async function sendOrder(bootstrap: string): Promise<void> {
  await createTopics(bootstrap, { orders: 1, large_orders: 1 })
  const { output } = recorded()
  const file = join(folder, 'orders.jsonl')
  writeFileSync(file, '{"id":"1","total":12.5}\n')
  await (
    await buildProgram(output)
  ).parseAsync(['produce', 'orders', '--bootstrap', bootstrap, '--file', file], {
    from: 'user',
  })
}

async function createTopics(bootstrap: string, topics: Readonly<Record<string, number>>): Promise<void> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  await cluster.kafka.admin.createTopics(
    Object.entries(topics).map(([name, partitions]) => ({
      name,
      partitions,
      replicationFactor: -1,
      configs: {},
    })),
  )
}

/** Everything that a command says, in order. */
function recorded(): { output: Output; lines: string[] } {
  const lines: string[] = []
  const line = (text: string): void => void lines.push(text)
  return { output: { line, note: line, interactive: false, status: () => {} }, lines }
}
