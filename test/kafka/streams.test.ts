/**
 * A Kafka Streams application on the embedded broker, exactly once, with RocksDB and a repartition topic: killed, started again, joined
 * by a second instance that is killed too. No count may be missing or come twice.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { readByJava, type SeenRecord } from './java-reader.ts'
import { buildJava, javaClassPath } from './java-tools.ts'

const words = ['amber', 'birch', 'cedar', 'dune', 'ember', 'fern', 'grove', 'heath']
const partitions = 4
const folder = mkdtempSync(join(tmpdir(), 'weft-streams-'))
const waitMs = 120_000

let broker: Broker
let bootstrap: string
let kafka: Kafka
let producer: Producer
const expected = new Map<string, number>()

/** One instance of the application, in a process of its own. */
class Instance {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #output = ''

  constructor(name: string) {
    const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx384m', '-cp', javaClassPath()]
    const args = [...options, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', 'weft.StreamsCounts']
    this.#child = spawn('java', [...args, bootstrap, join(folder, name)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    const killNow = (): void => void this.#child.kill('SIGKILL')
    process.once('exit', killNow)
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        process.off('exit', killNow)
        resolve()
      })
    })
  }

  get tasks(): number {
    return Number([...this.#output.matchAll(/^tasks (\d+)$/gm)].at(-1)?.[1] ?? 0)
  }

  async untilTasks(holds: (tasks: number) => boolean): Promise<void> {
    const endMs = performance.now() + waitMs
    while (!holds(this.tasks)) {
      if (performance.now() > endMs || this.#child.exitCode !== null)
        throw new Error(`it has ${this.tasks} tasks:\n${this.#output.slice(-4000)}`)
      await sleep(50)
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** So many lines of two words each, in turn over the partitions. */
async function write(lines: number): Promise<void> {
  for (let i = 0; i < lines; i++) {
    const pair = [words[i % words.length], words[(i * 3 + 1) % words.length]] as const
    for (const word of pair) if (word !== undefined) expected.set(word, (expected.get(word) ?? 0) + 1)
    producer.append('lines', textRecord(pair.join(' '), i % partitions))
  }
  await producer.flush()
}

/** While the application works, so that it is killed in the middle. */
async function writeFor(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await write(40)
    await sleep(50)
  }
}

/** All that committed, when there is as much as there should be, or no more comes. */
async function countsWritten(): Promise<readonly SeenRecord[]> {
  const all = [...expected.values()].reduce((sum, count) => sum + count, 0)
  const endMs = performance.now() + waitMs
  for (;;) {
    const records = await readByJava(bootstrap, 'counts')
    if (records.length >= all || performance.now() > endMs) return records
    await sleep(500)
  }
}

beforeAll(async () => {
  buildJava()
  broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  kafka = openKafka({ bootstrap: [bootstrap], clientId: 'test', connector: tcpConnector() })
  await kafka.admin.createTopics(
    ['lines', 'counts'].map((name) => ({ name, partitions, replicationFactor: 1, configs: {} })),
  )
  producer = kafka.producer(producerDefaults)
  await producer.partitionCount('lines')
}, 120_000)

afterAll(async () => {
  await producer.close()
  await kafka.close()
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

test('counts are right after kills, restarts and rebalances: each change once, in order', async () => {
  let first = new Instance('first')
  await first.untilTasks((tasks) => tasks === 2 * partitions)
  await writeFor(20)
  await first.kill()
  await writeFor(5)
  first = new Instance('first')
  await first.untilTasks((tasks) => tasks === 2 * partitions)
  await writeFor(10)
  const second = new Instance('second')
  await second.untilTasks((tasks) => tasks > 0)
  await first.untilTasks((tasks) => tasks < 2 * partitions)
  await writeFor(20)
  await second.kill()
  await writeFor(5)
  await first.untilTasks((tasks) => tasks === 2 * partitions)
  const records = await countsWritten()
  await first.stop()
  const byWord = Map.groupBy(records, ({ key }) => key)
  const seen = new Map([...byWord].map(([word, all]) => [word, all.map(({ value }) => Number(value))]))
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
  expect(seen).toEqual(new Map([...expected].map(([word, count]) => [word, upTo(count)])))
})
