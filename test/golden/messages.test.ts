/**
 * What a person reads when a run fails: `weft run` as a process of its own against the embedded broker over loopback, its whole
 * message kept beside the definition, its exit code in the table below.
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
import { openKafka } from '../../src/kafka/client.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
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
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'messages-test', connector: tcpConnector() })
  const plain = { partitions: 1, replicationFactor: 1, configs: {} }
  await kafka.admin.createTopics([
    ...[...Object.keys(inputs), 'copies'].map((name) => ({ ...plain, name })),
    { ...plain, name: 'small', configs: { 'max.message.bytes': '1000' } },
  ])
  const producer = kafka.producer(loadProducer)
  for (const [topic, values] of Object.entries(inputs)) await produce(producer, topic, values)
  await producer.close()
  await kafka.close()
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
