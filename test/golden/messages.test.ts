/**
 * What a person reads when a run fails: `weft run` as a process of its own against the embedded broker over loopback, its whole
 * message kept beside the definition, its exit code in the table below. Where a record was at fault, the run goes on under a policy:
 * nothing but that record is missing then, and nothing is there twice.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { consumeTopic } from '../../src/workload/consume-topic.ts'
import { loadProducer, produceRecords } from '../../src/workload/produce-records.ts'
import { runWeft } from '../weft-process.ts'

const folder = join(import.meta.dirname, 'messages')
const stateDir = mkdtempSync(join(tmpdir(), 'weft-messages-'))
const inputs: Readonly<Record<string, readonly string[]>> = {
  orders: [
    '{"id":"a","amount":10,"items":2,"customer":{"name":"Ada"}}',
    '{"id":"b","amount":20,"items":0,"customer":null}',
  ],
  // Longer than what is looked at for columns.
  grown: [
    ...Array.from({ length: 250 }, (_, index) => `{"id":"a","amount":${index}}`),
    '{"id":"b","amount":2.5}',
  ],
  malformed: ['{"id":"a","amount":1}', '{"id":"b","amount":2}', '{"id":"c","amount":'],
}

/** The definitions in the folder and the code that the run ends with: 1 failed while running, 2 the definition is wrong. */
const cases: readonly (readonly [name: string, code: number])[] = [
  ['unreachable-broker', 1],
  ['missing-topic', 2],
  ['missing-output-topic', 2],
  ['malformed-record', 1],
  ['malformed-record-in-query', 1],
  ['guessed-column', 1],
  ['failed-cast', 1],
  ['failed-condition', 1],
  ['wrong-column', 2],
  ['python-error', 1],
  ['javascript-error', 1],
  ['record-too-large', 1],
  ['record-too-large-for-topic', 1],
]

const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const { kafka } = cluster
  const plain = { partitions: 1, replicationFactor: 1, configs: {} }
  await kafka.admin.createTopics([
    ...[...Object.keys(inputs), 'copies'].map((name) => ({ ...plain, name })),
    { ...plain, name: 'small', configs: { 'max.message.bytes': '1000' } },
  ])
  const producer = kafka.producer(loadProducer)
  for (const [topic, values] of Object.entries(inputs)) await produce(producer, topic, values)
  await producer.close()
})

afterAll(async () => {
  await broker.close()
  rmSync(stateDir, { recursive: true })
})

async function produce(
  producer: Parameters<typeof produceRecords>[0],
  topic: string,
  values: readonly string[],
): Promise<void> {
  const records = async function* () {
    yield values.map((value) => ({ key: null, value, timestampMs: undefined }))
  }
  const { signal } = new AbortController()
  const whole = { rate: undefined, count: undefined, onProgress: () => {} }
  await produceRecords(producer, topic, records(), { clock: systemClock, signal, ...whole })
}

test.each(cases)('%s ends the run with code %i and says what is written beside it', async (name, code) => {
  const at = name === 'unreachable-broker' ? `127.0.0.1:${await closedPort()}` : bootstrap
  const args = ['--bootstrap', at, '--connect-timeout', '1s', '--state-dir', stateDir, '--until-end']
  const run = await runWeft(['run', `${name}.yaml`, ...args], { folder, timeoutMs: 60_000 })
  expect(run.code).toBe(code)
  await expect(messageOf(run.stderr, at)).toMatchFileSnapshot(join(folder, `${name}.txt`))
})

interface RecordCase {
  readonly name: string
  readonly application: string
  readonly output: 'copies' | 'small'
  /** The records that are good, as they come out. */
  readonly good: readonly string[]
  /** The record that is at fault, as it was. */
  readonly fault: string
}

const [orderA = '', orderB = ''] = inputs['orders'] ?? []
const malformed = { output: 'copies', fault: inputs['malformed']?.[2] ?? '' } as const
const secondOrder = { output: 'copies', fault: orderB } as const
const large = { good: ['small'], fault: orderA }
const recordCases: readonly RecordCase[] = [
  {
    name: 'malformed-record',
    application: 'malformed-record',
    ...malformed,
    good: ['{"id":"b","amount":2}'],
  },
  {
    name: 'malformed-record-in-query',
    application: 'totals',
    ...malformed,
    good: ['{"id":"a","doubled":2}', '{"id":"b","doubled":4}'],
  },
  {
    name: 'guessed-column',
    application: 'grown-copies',
    output: 'copies',
    good: inputs['grown']?.slice(0, -1) ?? [],
    fault: inputs['grown']?.at(-1) ?? '',
  },
  { name: 'failed-cast', application: 'parsed', ...secondOrder, good: ['{"id":"a","number":2}'] },
  { name: 'failed-condition', application: 'filtered', ...secondOrder, good: [] },
  { name: 'python-error', application: 'python-error', ...secondOrder, good: ['{"price":5.0}'] },
  { name: 'javascript-error', application: 'javascript-error', ...secondOrder, good: ['ADA'] },
  { name: 'record-too-large', application: 'record-too-large', output: 'copies', ...large },
  {
    name: 'record-too-large-for-topic',
    application: 'record-too-large-for-topic',
    output: 'small',
    ...large,
  },
]

/** As an application of its own. @returns the exit code and the last line */
async function runCase(
  { name }: RecordCase,
  prefix: string,
  ...options: readonly string[]
): Promise<readonly [number | null, string]> {
  const place = ['--bootstrap', bootstrap, '--state-dir', stateDir, '--application-prefix', prefix]
  const args = ['run', `${name}.yaml`, ...place, '--until-end', ...options]
  const { code, stderr } = await runWeft(args, { folder, timeoutMs: 100_000 })
  return [code, stderr.trim().split('\n').at(-1) ?? '']
}

test.each(recordCases)(
  '$name with dead letters goes on where it failed: all else comes out, once',
  async (one) => {
    await using cluster = openCluster({ bootstrap }, silentLogger)
    const before = (await valuesIn(cluster.kafka, one.output)).length
    expect((await runCase(one, 'lettered'))[0]).toBe(1)
    const [code, line] = await runCase(one, 'lettered', '--on-error', 'dead-letter')
    expect(line).toMatch(/, dead letters 1, \d+\.\d s$/)
    expect(code).toBe(0)
    expect((await valuesIn(cluster.kafka, one.output)).slice(before)).toEqual(one.good)
    expect(await valuesIn(cluster.kafka, `lettered-${one.application}-dead-letters`)).toEqual([one.fault])
  },
)

test.each(recordCases.filter(({ name }) => /^(malformed-record|python-error|record-too-large)$/.test(name)))(
  '$name left out: all else comes out, once',
  async (one) => {
    await using cluster = openCluster({ bootstrap }, silentLogger)
    const before = (await valuesIn(cluster.kafka, one.output)).length
    const [code, line] = await runCase(one, 'skipping', '--on-error', 'skip')
    expect(line).toMatch(/, dead letters 0, skipped 1, \d+\.\d s$/)
    expect(code).toBe(0)
    expect((await valuesIn(cluster.kafka, one.output)).slice(before)).toEqual(one.good)
  },
)

/** What is committed there. */
async function valuesIn(kafka: Kafka, topic: string): Promise<string[]> {
  const values: string[] = []
  await consumeTopic(kafka, topic, {
    from: 'earliest',
    until: 'end',
    isolation: 'read_committed',
    signal: AbortSignal.timeout(30_000),
    onRecord: ({ value }) => values.push(value ?? 'null') > 0,
  })
  return values
}

/** Without the log, which is one JSON object a line, and without what differs from run to run. */
function messageOf(stderr: string, address: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('{"level"'))
    .join('\n')
    .replaceAll(address, 'HOST:PORT')
    .replace(/^in .*$/m, 'in …, out …, dead letters …, … s')
}

/** A port on which nothing listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
