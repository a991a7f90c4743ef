/** Dead letters from a run to their return: `weft` as a process of its own against the embedded broker over loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { loadProducer } from '../../src/workload/produce-records.ts'
import { runWeft, type WeftEnd } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-dead-letters-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
const letters = 'doubled-dead-letters'
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  await cluster.kafka.admin.createTopics(
    ['orders', 'doubled', 'words', 'nested'].map((name) => ({
      name,
      partitions: 1,
      replicationFactor: 1,
      configs: {},
    })),
  )
  await weft(['produce', 'orders', '--key', 'id'], '{"id":"a","n":1}\n{"id":"b","n":"x"}\n{"id":"c","n":3}\n')
  await weft(['produce', 'orders'], '{"n":null}\n')
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

function weft(args: readonly string[], input = ''): Promise<WeftEnd> {
  return runWeft([...args, '--bootstrap', bootstrap], { folder, input })
}

/** Doubles `n`, and fails where it is `broken`. */
function run(broken: string): Promise<WeftEnd> {
  writeFileSync(
    join(folder, 'doubled.yaml'),
    `name: doubled
streams:
  orders: { topic: orders, keyType: string, valueType: json }
  doubled: { topic: doubled, keyType: string, valueType: json }
functions:
  double:
    type: valueTransformer
    language: javascript
    code: if (${broken}) throw new Error("n is no number")
    expression: "({ n: (Number(value.n) || 0) * 2 })"
    resultType: json
pipelines: { main: { from: orders, via: [{ type: mapValues, mapper: double }], to: doubled } }
`,
  )
  return weft(['run', 'doubled.yaml', '--on-error', 'function=dead-letter', '--until-end'])
}

async function partitionsOf(kafka: Kafka): Promise<number> {
  const [description] = await kafka.admin.describeTopics([letters])
  return description?.partitions.length ?? 0
}

/** Writes a record that is no letter into every partition of the letters' topic, and leaves it uncommitted. */
async function openTransaction(producer: Producer, partitions: number): Promise<void> {
  await producer.partitionCount(letters)
  const nothing = {
    key: Buffer.alloc(0),
    keyStart: 0,
    keyEnd: -1,
    value: Buffer.alloc(0),
    valueStart: 0,
    valueEnd: -1,
  }
  for (let partition = 0; partition < partitions; partition++)
    producer.append(letters, { partition, timestampMs: Date.now(), ...nothing, headers: undefined })
  await producer.flush()
}

const output = async (count: number): Promise<string[]> =>
  (await weft(['consume', 'doubled', '--from-beginning', '--count', String(count)])).stdout.trim().split('\n')

test('a record that a function fails on is kept, shown, and goes back once the function is mended', async () => {
  const failed = await run('typeof value.n !== "number"')
  expect(failed.stderr).toMatch(/^in 4, out 2, dead letters 2, \d+\.\d s$/m)
  expect(await output(2)).toEqual(['a\t{"n":2}', 'c\t{"n":6}'])

  const list = await weft(['dlq', 'list', letters])
  expect(list.stdout).toMatch(
    /^2\tfunction\tFUNCTION_FAILED\torders\tfunction "double" failed.*\t\d{4}-.* to /,
  )
  expect(list.stderr).toContain('dead letters 2, sent back before 0')
  const show = await weft(['dlq', 'show', letters, '--count', '1'])
  expect(show.stdout).toMatch(/^letter \d:0: function FUNCTION_FAILED: function "double" failed/)
  expect(show.stdout).toMatch(/^ {2}from orders-0 at 1, .*, application doubled$/m)
  expect(show.stdout).toContain('  key "b"\n  value "{\\"id\\":\\"b\\",\\"n\\":\\"x\\"}"\n')

  expect((await weft(['dlq', 'redrive', letters, '--code', 'VALUE_MALFORMED'])).stdout).toBe(
    'there is nothing to send back\n',
  )
  // Somebody's transaction is open behind the letters: the marks that are written behind it must be seen all the same.
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const transactional = { id: 'somebody', timeoutMs: 60_000 }
  const other = cluster.kafka.producer({ ...loadProducer, transactional })
  await other.init()
  await openTransaction(other, await partitionsOf(cluster.kafka))
  const redriven = [weft(['dlq', 'redrive', letters]), weft(['dlq', 'list', letters])]
  await delay(1500)
  await other.commit([], { groupId: '', generation: -1, memberId: '', instanceId: undefined })
  await other.close()
  expect((await redriven[0])?.stdout).toBe('sent 2 back to orders\n')
  await redriven[1]
  expect((await weft(['dlq', 'redrive', letters])).stdout).toBe('there is nothing to send back\n')
  expect((await weft(['dlq', 'list', letters])).stderr).toContain('dead letters 0, sent back before 2')

  const mended = await run('false')
  expect(mended.stderr).toMatch(/^in 2, out 2, dead letters 0, /m)
  expect((await output(4)).slice(2)).toEqual(['b\t{"n":0}', 'null\t{"n":0}'])
})

test('a letter that its topic does not take is named and left, with what to do', async () => {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const limit = (bytes: string | null) =>
    cluster.kafka.admin.alterTopicConfigs('orders', { 'max.message.bytes': bytes })
  await weft(
    ['produce', 'orders', '--key', 'id'],
    `{"id":"d","n":"${'x'.repeat(400)}"}\n{"id":"e","n":"y"}\n`,
  )
  expect((await run('typeof value.n !== "number"')).stderr).toContain('dead letters 2')
  const places = async (...chosen: string[]): Promise<string[]> => {
    const { stdout } = await weft(['dlq', 'show', letters, ...chosen.flatMap((one) => ['--letter', one])])
    return [...stdout.matchAll(/^letter (\d+:\d+): /gm)].map(([, place]) => String(place)).toSorted()
  }
  const both = await places()
  expect(both).toHaveLength(2)
  for (const one of both) expect(await places(one)).toEqual([one])
  expect(await places(...both)).toEqual(both)
  expect((await weft(['dlq', 'redrive', letters, '--letter', '99:0'])).stdout).toContain('nothing to send')
  expect((await weft(['dlq', 'redrive', letters, '--letter', '0-0'])).stderr).toContain('such as 0:12')
  await limit('300')
  const redriven = await weft(['dlq', 'redrive', letters])
  expect(redriven.code).toBe(1)
  expect(redriven.stdout).toBe('sent 1 back to orders\n')
  expect(redriven.stderr).toMatch(
    /^left letter \d:\d+, from orders-0 at \d+: RECORD_TOO_LARGE: a record of \d+ bytes .* The topic takes 300 bytes\.\nHint: .*max\.message\.bytes.*\nleft 1 that cannot go back now; the same command tries them again\n$/,
  )
  await limit(null)
  expect(await weft(['dlq', 'redrive', letters])).toMatchObject({
    code: 0,
    stdout: 'sent 1 back to orders\n',
  })
})

test('a record that breaks every interpreter of a worker thread is left out, and the log stays a log', async () => {
  writeFileSync(
    join(folder, 'nested.yaml'),
    `name: nested
streams:
  words: { topic: words, keyType: string, valueType: json }
  nested: { topic: nested, keyType: string, valueType: json }
functions:
  nest:
    type: valueTransformer
    code: |
      nested = []
      if value.get("id") == "b":
        for _ in range(100000): nested = [nested]
    expression: '{"nested": nested}'
    resultType: json
pipelines: { main: { from: words, via: [{ type: mapValues, mapper: nest }], to: nested } }
`,
  )
  await weft(['produce', 'words'], '{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n')
  const policy = ['--on-error', 'function=skip', '--threads', '2', '--until-end']
  const { stderr } = await weft(['run', 'nested.yaml', ...policy, '--log-format', 'json'])
  const lines = stderr.trim().split('\n')
  expect(lines.pop()).toMatch(/^in \d, out 2, dead letters 0, skipped 1, \d+\.\d s$/)
  const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const lost = { code: 'INTERPRETER_FAILED', detail: expect.stringContaining('offset 1, task 0_0') as string }
  // A thread that gets the task from another has to lose its own.
  const lives = said.filter(({ code }) => code !== undefined)
  expect(lives.length).toBeGreaterThanOrEqual(2)
  expect(lives.length).toBeLessThanOrEqual(4)
  for (const life of lives) expect(life).toMatchObject(lost)
}, 110_000)

test('a record of an internal topic that goes wrong counts as a dead letter, too', async () => {
  writeFileSync(
    join(folder, 'counted.yaml'),
    `name: counted
streams:
  orders: { topic: orders, keyType: string, valueType: json }
  doubled: { topic: doubled, keyType: string, valueType: json }
functions:
  id: { type: keyTransformer, language: javascript, expression: value.id, resultType: string }
  zero: { type: initializer, language: javascript, expression: "({})", resultType: json }
  fail: { type: aggregator, language: javascript, code: throw new Error("no"), expression: value, resultType: json }
pipelines:
  main:
    from: orders
    via:
      - { type: filter, if: { language: javascript, expression: value.id === "a" } }
      - { type: selectKey, mapper: id }
      - { type: groupByKey }
      - { type: aggregate, initializer: zero, aggregator: fail, store: { name: s, type: keyValue } }
      - { type: toStream }
    to: doubled
`,
  )
  const { stderr } = await weft(['run', 'counted.yaml', '--on-error', 'dead-letter', '--until-end'])
  expect(stderr).toMatch(/^in \d+, out 0, dead letters 1, /m)
})

test('what is said of a policy must be a policy', async () => {
  const wrong = await weft(['run', 'doubled.yaml', '--on-error', 'decode=ignore'])
  expect(wrong.stderr).toContain('It takes fail, skip or dead-letter, for all stages or as stage=policy')
  expect(wrong.code).toBe(2)
})

test('a topic that is missing is named', async () => {
  const list = await weft(['dlq', 'list', 'nobodys-letters'])
  expect(list.stderr).toContain('topic "nobodys-letters" does not exist')
  expect(list.code).not.toBe(0)
})
