/** A compacted log, whose offsets have gaps and whose batches have lost records, as other clients read it from its beginning. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { openKafka } from '../../src/kafka/client.ts'
import { producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startBroker, type RunningBroker } from '../../src/testing/testing.ts'
import { sayLeftOut } from '../left-out.ts'
import { buildJava, runJava } from './java-tools.ts'
import { readByUs } from './our-reader.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'

const topic = 'table'
const keys = 7
const rounds = 30
const settings = {
  'cleanup.policy': 'compact',
  'segment.bytes': '2000',
  'min.cleanable.dirty.ratio': '0.01',
}
const lacksPython = whatPythonLacks()
sayLeftOut('a compacted log, read by librdkafka', lacksPython)

beforeAll(buildJava, 120_000)

/** Some keys each time and others seldom, with each compression by turns. Gives the newest record of each key, as readers print it. */
async function write(bootstrap: string): Promise<ReadonlyMap<string, string>> {
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'writer', connector: tcpConnector() })
  const [name, partitions] = [topic, 1]
  await kafka.admin.createTopics([{ name, partitions, replicationFactor: 1, configs: settings }])
  const newest = new Map<string, string>()
  let offset = 0
  for (let round = 0; round < rounds; round++) {
    const compression = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[round % 5] ?? 'none'
    const producer = kafka.producer({ ...producerDefaults, lingerMs: 50, compression })
    await producer.partitionCount(topic)
    for (let key = 0; key < keys; key++) {
      if (round % (key + 1) !== 0) continue
      const value = `v${round}-${'x'.repeat(100)}`
      producer.append(topic, textRecord(value, 0, `k${key}`))
      newest.set(`k${key}`, `${offset++} k${key} ${value}`)
    }
    await producer.flush()
    await producer.close()
  }
  await kafka.close()
  return newest
}

async function readByJava({ bootstrap }: RunningBroker, count: number): Promise<string[]> {
  const printed = ['print.offset', 'print.key'].flatMap((what) => ['--formatter-property', `${what}=true`])
  const where = ['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning']
  const args = [...where, '--max-messages', String(count), ...printed]
  const out = await runJava('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
  return out
    .trim()
    .split('\n')
    .map((line) => line.replace('Offset:', '').replaceAll('\t', ' '))
}

async function readByLibrdkafka({ bootstrap }: RunningBroker): Promise<string[]> {
  const script = join(import.meta.dirname, 'clients/reader_librdkafka.py')
  const { stdout } = await promisify(execFile)(pythonWithPackages(), [script, bootstrap, topic])
  return stdout.trim().split('\n')
}

test('all clients read a compacted log with its gaps', async () => {
  await using kafka = await startBroker({ compactionRestMs: 50 })
  const newest = [...(await write(kafka.bootstrap)).values()]
  const endOffset = 1 + Math.max(...newest.map(offsetOf))
  const seen = await settled(() => readByUs(kafka.bootstrap, { topic, partition: 0 }, endOffset))
  expect(seen).toEqual(expect.arrayContaining(newest))
  const offsets = seen.map(offsetOf)
  const gaps = offsets.filter((offset, index) => index > 0 && offset > 1 + (offsets[index - 1] ?? 0))
  expect(gaps.length).toBeGreaterThan(2)
  expect(await readByJava(kafka, seen.length)).toEqual(seen)
  if (lacksPython === undefined) expect(await readByLibrdkafka(kafka)).toEqual(seen)
})

const offsetOf = (line: string): number => Number(line.split(' ', 1)[0])

/** What is read when compaction has nothing more to do: most is gone, and no more goes. */
async function settled(read: () => Promise<string[]>): Promise<string[]> {
  for (let before = await read(); ;) {
    await sleep(500)
    const now = await read()
    if (offsetOf(now[0] ?? '0') > 0 && now.length === before.length) return now
    before = now
  }
}
