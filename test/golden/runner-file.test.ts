import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { toStreamError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Output } from '../../src/cli/output.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { exitCodeOf, renderError } from '../../src/cli/render/error.ts'

// Over loopback: configuration files as users of KSML and KaflowSQL have them, run by the command line on the embedded broker.
let folder = ''
let bootstrap = ''
let broker: Broker

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-runner-'))
  broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  const { host, port } = await broker.listen(0, '127.0.0.1')
  bootstrap = `${host}:${port}`
})

afterEach(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
  process.exitCode = undefined
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** Runs a command; gives its result and its notes. */
async function weft(...args: readonly string[]): Promise<{ lines: string[]; notes: string[] }> {
  const lines: string[] = []
  const notes: string[] = []
  const output: Output = {
    line: (text) => lines.push(text),
    note: (text) => notes.push(text),
    interactive: false,
    status: () => {},
  }
  await (await buildProgram(output)).parseAsync(args, { from: 'user' })
  return { lines, notes }
}

async function produce(topics: Readonly<Record<string, readonly object[]>>): Promise<void> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const names = [...Object.keys(topics), 'large', 'names']
  await cluster.kafka.admin.createTopics(
    names.map((name) => ({ name, partitions: 2, replicationFactor: -1, configs: {} })),
  )
  for (const [topic, rows] of Object.entries(topics)) {
    write({ [`data/${topic}.jsonl`]: rows.map((row) => `${JSON.stringify(row)}\n`).join('') })
    await weft(
      'produce',
      topic,
      '--bootstrap',
      bootstrap,
      '--file',
      join(folder, `data/${topic}.jsonl`),
      '--key',
      'id',
    )
  }
}

async function consume(topic: string, count: number): Promise<string[]> {
  const { lines } = await weft(
    'consume',
    topic,
    '--bootstrap',
    bootstrap,
    '--from-beginning',
    '--count',
    String(count),
  )
  return lines.toSorted()
}

/** The applications that have kept who they are in the state folder of the file. */
function applications(): string[] {
  return readdirSync(join(folder, 'state')).toSorted()
}

/** How an application says that it runs, in its first log line. */
function startOf(application: string, notes: readonly string[]): string | undefined {
  const begin = `application state application=${application} state=starting `
  return notes.find((note) => note.includes(begin))?.split(begin)[1]
}

const orders = [
  { id: 'a', amount: 5 },
  { id: 'b', amount: 15 },
  { id: 'c', amount: 25 },
]

test('a KSML runner file runs its definitions, from files and in place, each in a group of its own', async () => {
  await produce({ orders })
  write({
    'defs/large.yaml': `streams:
  orders: { topic: orders, keyType: string, valueType: json }
  large: { topic: large, keyType: string, valueType: json }
pipelines:
  main:
    from: orders
    via:
      - type: filter
        if: { language: javascript, expression: value.amount > 10 }
    to: large
`,
    'runner.yaml': `ksml:
  configDirectory: defs
  storageDirectory: state
  createStorageDirectory: true
  definitions:
    large: large.yaml
    names:
      streams:
        orders: { topic: orders, keyType: string, valueType: json }
        names: { topic: names, keyType: string, valueType: string }
      pipelines:
        main:
          from: orders
          via:
            - type: mapValues
              mapper: { language: javascript, expression: value.id.toUpperCase(), resultType: string }
          to: names
kafka:
  application.id: shop
  bootstrap.servers: ${bootstrap}
  statestore.cache.max.bytes: 1000
`,
  })
  const { notes } = await weft(
    'run',
    '--config',
    join(folder, 'runner.yaml'),
    '--until-end',
    '--log-format',
    'text',
  )
  expect(notes[0]).toContain('Kafka property "statestore.cache.max.bytes" has no effect')
  expect(notes[1]).toContain('each definition is an application of its own')
  expect(notes.at(-1)).toContain('in 6, out 5')
  expect(startOf('shop-large', notes)).toBe('guarantee=at_least_once commitIntervalMs=30000')
  expect((await consume('large', 2)).join('\n')).toContain('25')
  expect((await consume('names', 3)).map((line) => line.at(-1))).toEqual(['A', 'B', 'C'])
  expect(applications()).toEqual(['shop-large', 'shop-names'])
})

test('patterns of a runner file name topics and groups of the cluster, and functions keep to the names of the definition', async () => {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const { admin } = cluster.kafka
  const topics = ['acme-orders-x', 'acme-counts-x', 'acme-orders.seen-x']
  await admin.createTopics(
    topics.map((name) => ({ name, partitions: 2, replicationFactor: -1, configs: {} })),
  )
  write({ 'orders.jsonl': orders.map((row) => `${JSON.stringify(row)}\n`).join('') })
  await weft(
    'produce',
    'acme-orders-x',
    '--bootstrap',
    bootstrap,
    '--file',
    join(folder, 'orders.jsonl'),
    '--key',
    'id',
  )
  write({
    'main.yaml': `streams:
  orders: { topic: orders, keyType: string, valueType: json }
pipelines:
  counted:
    from: orders
    via:
      - { type: mapKey, mapper: { language: javascript, expression: "'all'", resultType: string } }
      - { type: groupByKey, name: all }
      - { type: count, store: { name: counts, type: keyValue, logging: true } }
      - type: toStream
    to: { topic: counts, keyType: string, valueType: long }
  seen:
    from: orders
    toTopicNameExtractor: { topicNameExtractor: { language: javascript, expression: "recordContext.topic + '.seen'" } }
`,
    'runner.yaml': `ksml:
  storageDirectory: state
  createStorageDirectory: true
  definitions: { main: main.yaml }
kafka:
  application.id: shop
  bootstrap.servers: ${bootstrap}
  commit.interval.ms: 100
  axual.tenant: acme
  axual.topic.pattern: "{tenant}-{topic}-{axual.end}"
  axual.end: x
  axual.group.id.pattern: "{tenant}-{group.id}"
  processing.guarantee: exactly_once_v2
  axual.transactional.id.pattern: "{tenant}-{transactional.id}"
`,
  })
  const { notes } = await weft(
    'run',
    '--config',
    join(folder, 'runner.yaml'),
    '--until-end',
    '--log-level',
    'error',
  )
  expect(notes.join('\n')).not.toContain('has no effect')
  const names = (await admin.listTopics()).map(({ name }) => name).filter((name) => !name.startsWith('__'))
  expect(names.toSorted()).toEqual(
    [...topics, 'acme-shop-counts-changelog-x', 'acme-shop-main_all-repartition-x'].toSorted(),
  )
  expect((await admin.listGroups()).map(({ groupId }) => groupId)).toEqual(['acme-shop'])
  expect((await consume('acme-orders.seen-x', 3)).length).toBe(3)
  // Of an application by that id in a cluster without patterns.
  await admin.createTopics([
    { name: 'shop-counts-changelog', partitions: 2, replicationFactor: -1, configs: {} },
  ])
  const plain = await refused('reset', 'shop-counts', '--yes', '--bootstrap', bootstrap)
  expect(plain.text).toContain('give that file with "--config"')
  const reset = await weft('reset', 'shop', '--yes', '--config', join(folder, 'runner.yaml'))
  expect(reset.notes).toEqual([
    'topic acme-shop-counts-changelog-x',
    'topic acme-shop-main_all-repartition-x',
    'offsets of group acme-shop',
    `state below ${join(folder, 'state')}`,
  ])
  const left = (await admin.listTopics()).map(({ name }) => name).filter((name) => !name.startsWith('__'))
  expect(left.toSorted()).toEqual([...topics, 'shop-counts-changelog'].toSorted())
  expect(await admin.listGroups()).toEqual([])
})

test('a configuration of SQL pipelines runs those in the folder beside it', async () => {
  await produce({ orders })
  write({
    'pipelines/shop/large.yaml': `name: large_orders
query: SELECT id, amount FROM orders WHERE amount > 10
output: { topic: large, format: json, key: id }
topics: { orders: { columns: { id: string, amount: long } } }
`,
    'config.yaml': `kafka:
  brokers: ['${bootstrap}']
  consumer: { group: sql }
state:
  rocksdb: { path: state }
`,
  })
  const { notes } = await weft(
    'run',
    '--config',
    join(folder, 'config.yaml'),
    '--until-end',
    '--log-format',
    'text',
  )
  expect(notes.at(-1)).toContain('in 3, out 2')
  expect(startOf('sql-large_orders', notes)).toBe('guarantee=exactly_once_v2 commitIntervalMs=100')
  expect(await consume('large', 2)).toHaveLength(2)
  expect(applications()).toEqual(['sql-large_orders'])
})

/** What a command that is wrong says, and the code that it ends with. */
async function refused(...args: readonly string[]): Promise<{ code: number; text: string }> {
  process.exitCode = undefined
  try {
    const { notes } = await weft(...args)
    return { code: Number(process.exitCode), text: notes.join('\n') }
  } catch (thrown) {
    const error = toStreamError(thrown)
    return { code: exitCodeOf(error), text: renderError(error) }
  }
}

test('a topic, a file or an application that is not there is a wrong call for every command', async () => {
  await produce({ orders })
  const at = ['--bootstrap', bootstrap]
  const runs = [
    await refused('consume', 'nope', ...at),
    await refused('dlq', 'list', 'nope', ...at),
    await refused('topics', 'describe', 'order', ...at),
    await refused('topics', 'delete', 'orders', 'nope', ...at),
    await refused('produce', 'orders', '--file', 'nope.csv', ...at),
    await refused('check', 'nope.yaml'),
    await refused('reset', 'nope', '--yes', '--state-dir', join(folder, 'none'), ...at),
  ]
  expect(runs.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2, 2])
  expect(runs[2]?.text).toContain('Hint: Did you mean "orders"?')
  expect(runs[3]?.text).toContain('topic "nope" does not exist')
  expect(runs[3]?.text).toContain('Hint: See which there are: weft topics list')
  expect(runs[6]?.text).toContain('there is nothing of an application "nope"')
  // None was deleted.
  expect(await consume('orders', 3)).toHaveLength(3)
})

test('an application that is reset begins anew', async () => {
  await produce({ orders })
  write({
    'large.yaml': `name: large_orders
query: SELECT id, amount FROM orders WHERE amount > 10
output: { topic: large, format: json, key: id }
`,
  })
  const state = ['--state-dir', join(folder, 'state')]
  const at = ['--bootstrap', bootstrap, ...state]
  const run = () =>
    weft('run', join(folder, 'large.yaml'), '--until-end', '--leave', '--log-level', 'error', ...at)
  expect((await run()).notes.at(-1)).toContain('in 3, out 2')
  expect((await run()).notes.at(-1)).toContain('in 0, out 0')
  const { lines, notes } = await weft('reset', 'large_orders', '--yes', ...at)
  expect(notes).toEqual(['offsets of group large_orders', `state below ${join(folder, 'state')}`])
  expect(lines).toEqual(['large_orders begins anew'])
  expect((await run()).notes.at(-1)).toContain('in 3, out 2')
})
