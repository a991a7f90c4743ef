/** State that survives: `weft` as a process that is killed and started again, against the embedded broker over loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { readTopic } from '../../src/workload/consume-topic.ts'
import { loadProducer, produceRecords } from '../../src/workload/produce-records.ts'
import { runWeft, startWeft, type WeftProcess } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-state-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

async function definition(name: string): Promise<string> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const topic = (of: string) => ({ name: `${name}-${of}`, partitions: 4, replicationFactor: 1, configs: {} })
  await cluster.kafka.admin.createTopics([topic('in'), topic('out')])
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `name: ${name}
streams:
  words: { topic: ${name}-in, keyType: string, valueType: json }
  counts: { topic: ${name}-out, keyType: string, valueType: long }
stores:
  totals: { type: keyValue, keyType: string, valueType: long, persistent: true, logging: true }
pipelines:
  main:
    from: words
    via:
      - { type: groupByKey }
      - { type: count, store: totals }
      - { type: toStream }
    to: counts
`,
  )
  return path
}

/** So many records for each of so many keys. */
async function produce(name: string, rounds: number): Promise<void> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const records = Array.from({ length: rounds * 20 }, (_, index) => ({
    key: `key-${index % 20}`,
    value: '{}',
    timestampMs: undefined,
  }))
  await produceRecords(cluster.kafka.producer(loadProducer), `${name}-in`, oneChunk(records), {
    clock: systemClock,
    signal: AbortSignal.timeout(60_000),
    rate: undefined,
    count: undefined,
    onProgress: () => {},
  })
}

async function* oneChunk<T>(records: T): AsyncGenerator<T> {
  yield records
}

/** The newest value of each key, once so many records are there. */
async function counts(name: string, records: number): Promise<Map<string, number>> {
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const newest = new Map<string, number>()
  let seen = 0
  await readTopic(cluster.kafka, `${name}-out`, {
    from: 'earliest',
    isolation: 'read_committed',
    signal: AbortSignal.timeout(60_000),
    onRecord: ({ key, value }) => {
      newest.set(String(key), Number(value?.readBigInt64BE()))
      return ++seen < records
    },
  })
  expect(seen).toBe(records)
  return newest
}

async function logged(run: WeftProcess, text: RegExp): Promise<void> {
  for (let turn = 0; turn < 5000 && !text.test(run.stderr()); turn++) await sleep(systemClock, 20)
  expect(run.stderr()).toMatch(text)
}

describe.each([
  { engine: 'rocksdb', threads: 2 },
  { engine: 'sqlite', threads: 1 },
])('an application that is killed, its stores in $engine, with $threads threads', ({ engine, threads }) => {
  test('goes on from its disk and counts every record once', async () => {
    const name = `${engine}-${threads}`
    const stateDir = join(folder, `${name}-state`)
    const file = await definition(name)
    const args = ['run', file, '--bootstrap', bootstrap, '--state-dir', stateDir, '--state-engine', engine]
    const more = ['--threads', String(threads), '--log-format', 'json', '--log-level', 'debug']
    await produce(name, 5)
    const first = startWeft([...args, ...more])
    await logged(first, new RegExp(`"engine":"${engine}"`))
    await counts(name, 100)
    await first.kill()
    await produce(name, 5)
    const second = await runWeft([...args, ...more, '--until-end'])
    expect(second.code, second.stderr).toBe(0)
    const final = await counts(name, 200)
    expect([...final.values()]).toEqual(Array.from({ length: 20 }, () => 10))
    expect(second.stderr).not.toContain('is rebuilt')

    const listed = await runWeft(['state', '--state-dir', stateDir, '--bootstrap', bootstrap])
    expect(listed.code, listed.stderr).toBe(0)
    const rows = listed.stdout.trim().split('\n').map((line) => line.split('\t'))
    expect(rows[0]).toEqual(['application', 'task', 'store', 'engine', 'entries', 'bytes', 'position', 'lag'])
    expect(rows.slice(1).map(([, , store, kind]) => `${store} ${kind}`)).toEqual(
      Array.from({ length: 4 }, () => `totals ${engine}`),
    )
    expect(rows.slice(1).reduce((sum, row) => sum + Number(row[4]), 0)).toBe(20)
  }, 300_000)
})
