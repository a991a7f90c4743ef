/** What `weft produce` and the loading of `weft dev` say of records that a topic does not take, and what they do with those it takes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { runWeft } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-produce-'))
const topicDefaults = { 'max.message.bytes': '4000000' }
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger, topicDefaults })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  await cluster.kafka.admin.createTopics(
    ['timed', 'large'].map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const ahead = 'id,at\n1,2001-01-01\n2,2099-01-01\n3,2002-01-01\n'

test('a time that the topic refuses is named with its row, and with what lets it in', async () => {
  const file = write('ahead.csv', ahead)
  const run = await runWeft([
    'produce',
    'timed',
    '--file',
    file,
    '--event-time',
    'at',
    '--bootstrap',
    bootstrap,
  ])
  expect(run.stderr).toContain(`It is row 2 of "${file}"; those before it were sent.`)
  expect(run.stderr).toContain('Hint: Mend what gives the record its timestamp')
  expect(run.stderr).toContain('`message.timestamp.after.max.ms`')
  expect(run.code).toBe(1)
})

test('the embedded broker takes data of times to come', async () => {
  write('later.csv', ahead)
  const path = write(
    'later.yaml',
    `name: later
query: SELECT id FROM visits
output: { topic: seen, format: json }
dev: { topics: { visits: { file: later.csv, eventTime: at, partitions: 1 } } }
`,
  )
  const run = await runWeft(['dev', path])
  expect(run.stderr).toMatch(/^in 3, out 3, dead letters 0, /m)
  expect(run.code).toBe(0)
})

test('a record that is too large is named with its row, and what the hint says lets it in', async () => {
  const file = write('large.jsonl', `{"id":1}\n{"id":2,"text":"${'x'.repeat(2_000_000)}"}\n`)
  const args = ['produce', 'large', '--file', file, '--bootstrap', bootstrap]
  const run = await runWeft(args)
  expect(run.stderr).toContain(`It is row 2 of "${file}"; those before it were sent.`)
  expect(run.stderr).toContain('raise `max.request.size` in the file of "--config" or "--command-config"')
  expect(run.code).toBe(1)
  const config = write(
    'runner.yaml',
    'ksml: { definitions: {} }\nkafka: { application.id: feeding, max.request.size: "3000000" }\n',
  )
  const larger = await runWeft([...args, '--config', config])
  expect(larger.stderr).toContain('sent 2 records to large')
  expect(larger.code).toBe(0)
  const properties = write('producer.properties', 'max.request.size=3000000\n')
  const told = await runWeft([...args, '--command-config', properties])
  expect(told.stderr).toContain('sent 2 records to large')
  expect(told.code).toBe(0)
})

test('large records of a "dev:" section go in and out where the configuration of SQL pipelines says so', async () => {
  write('texts.jsonl', `{"id":1,"text":"${'x'.repeat(2_000_000)}"}\n`)
  const path = write(
    'texts.yaml',
    `name: texts
query: SELECT id, text FROM texts
output: { topic: copies, format: json }
dev: { topics: { texts: { file: texts.jsonl, partitions: 1 } } }
`,
  )
  const config = write('config.yaml', sqlConfig)
  const run = await runWeft(['dev', path, '--config', config])
  expect(run.stderr).toMatch(/^in 1, out 1, dead letters 0, /m)
  expect(run.code).toBe(0)
})

const sqlConfig = `kafka: { brokers: ["127.0.0.1:1"], producer: { maxRequestSize: 3000000 } }
state: { rocksdb: { path: state } }
`
