/**
 * Question: how long from arrival in the input topic to visible in the output, under a steady load that does not wait?
 * Budget: at least once p99 at most 2.5 times the broker's own echo; exactly once p99 at most the commit interval + 15 ms.
 *
 * Open loop: a record counts from the moment at which it was meant to be sent, so that a stalled sender is not forgiven. With the input topic as
 * the output it measures the broker's echo, the floor.
 *
 * Warm: at this load a broker on the same two cores compiles its own code for more than 20 s, and needs twice the time for everything until
 * then. This process collects as seldom as Weft does, so that its own pauses are not taken for the pipeline's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { collectSeldom } from '../../src/cli/collector.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { RecordColumns } from '../../src/protocol/record-columns.ts'
import { append } from '../append.ts'
import { startApacheKafka } from '../../test/kafka/apache-kafka.ts'
import { report, rowOf } from '../report.ts'
import { given, numberGiven, ofSize } from '../settings.ts'

const rate = numberGiven('rate', 2000, 20_000)
const seconds = numberGiven('seconds', 1, 20)
const warmSeconds = numberGiven('warm', 1, 30)
const users = ofSize(1000, 100_000)
const field = Buffer.from('"sent_us":')
const microseconds = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1000)

interface Load {
  readonly kafka: Kafka
  readonly producer: Producer
  readonly input: string
  readonly output: string
}

/** What a whole run found: how many records, and percentiles in ms. */
async function measure({ kafka, producer, input, output }: Load): Promise<readonly string[]> {
  await producer.partitionCount(input)
  const seen: number[] = []
  const reading = new AbortController()
  const startUs = microseconds()
  const reader = read(kafka, output, {
    signal: reading.signal,
    onSeen: (sentUs, nowUs) => {
      if (sentUs >= startUs + warmSeconds * 1e6) seen.push(nowUs - sentUs)
    },
  })
  const expected = rate * seconds
  await send(producer, input, startUs)
  for (let waitedMs = 0; seen.length < expected && waitedMs < 15_000; waitedMs += 50) await delay(50)
  reading.abort()
  await reader
  if (seen.length === 0) throw new Error(`nothing came into ${output}`)
  seen.sort((a, b) => a - b)
  const at = (share: number): string =>
    ((seen[Math.min(seen.length - 1, Math.floor(seen.length * share))] ?? Number.NaN) / 1000).toFixed(2)
  return [`${seen.length} of ${expected} seen`, at(0.5), at(0.9), at(0.99), at(0.999)]
}

async function send(producer: Producer, topic: string, startUs: number): Promise<void> {
  const total = rate * (seconds + warmSeconds)
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((microseconds() - startUs) / 1e6) * rate))
    for (; sent < due; sent++)
      appendTransaction(producer, topic, { number: sent, meantUs: Math.floor(startUs + (sent / rate) * 1e6) })
    await delay(1)
  }
  await producer.flush()
}

function appendTransaction(
  producer: Producer,
  topic: string,
  { number, meantUs }: { number: number; meantUs: number },
): void {
  const user = `u${(number * 7919) % users}`
  const value = Buffer.from(
    `{"txn_id":"t${number}","user_id":"${user}","amount":${((number % 20_000) / 100).toFixed(2)},"merchant":"m${number % 5000}","channel":"web","event_time":${Math.floor(meantUs / 1000)},"sent_us":${meantUs}}`,
  )
  const key = Buffer.from(user)
  append(producer, topic, key, value, Math.floor(meantUs / 1000))
}

interface Reading {
  readonly signal: AbortSignal
  readonly onSeen: (sentUs: number, nowUs: number) => void
}

async function read(kafka: Kafka, topic: string, { signal, onSeen }: Reading): Promise<void> {
  const [description] = await kafka.admin.describeTopics([topic])
  const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  const ends = await kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')
  const fetcher = kafka.fetcher({
    isolation: 'read_committed',
    minBytes: 1,
    maxWaitMs: 20,
    maxBytes: 8 << 20,
    maxPartitionBytes: 1 << 20,
  })
  for (const partition of partitions)
    fetcher.assign(partition, ends.get(`${topic}-${partition.partition}`) ?? 0)
  const columns = new RecordColumns()
  while (!signal.aborted) {
    const fetched = fetcher.poll()
    if (fetched === undefined) {
      await fetcher.ready(20)
      continue
    }
    const nowUs = microseconds()
    for (const batch of fetched.batches) {
      columns.read(batch)
      for (let index = 0; index < batch.count; index++) {
        const at = columns.buffer.indexOf(field, columns.valueStart[index])
        onSeen(Number(columns.buffer.latin1Slice(at + field.length, at + field.length + 16)), nowUs)
      }
    }
  }
  await fetcher.close()
}

async function fillUsers(producer: Producer): Promise<void> {
  await producer.partitionCount('users')
  for (let id = 0; id < users; id++) {
    const key = Buffer.from(`u${id}`)
    const value = Buffer.from(
      `{"user_id":"u${id}","name":"First${id % 1000} Last${id % 10_000}","segment":"gold","country":"NL","risk":0.5,"email":"u${id}@example.com","since":"2015-03-11"}`,
    )
    if (producer.full) await producer.drained()
    append(producer, 'users', key, value)
  }
  await producer.flush()
}

/** Runs Weft over the load; the output topic is its own. */
async function throughWeft(
  load: Load,
  bootstrap: string,
  options: readonly string[],
): Promise<readonly string[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-latency-'))
  const definition = join(import.meta.dirname, 'definitions', 'enrich.yaml')
  const child = spawn(
    process.execPath,
    [
      'bin/weft.mjs',
      'run',
      definition,
      '--bootstrap',
      bootstrap,
      '--log-level',
      'warn',
      '--state-dir',
      stateDir,
      ...options,
    ],
    {
      env: { ...process.env, APPLICATION: load.output.slice(0, -4), OUT: load.output },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  await delay(4000)
  const found = await measure(load)
  if (child.exitCode !== null || child.signalCode !== null) throw new Error('weft ended before the load did')
  child.kill('SIGTERM')
  await once(child, 'exit')
  rmSync(stateDir, { recursive: true, force: true })
  return found
}

async function main(): Promise<void> {
  await using broker = await startApacheKafka()
  const kafka = openKafka({ bootstrap: [broker.bootstrap], clientId: 'latency', connector: tcpConnector() })
  const make = (names: readonly string[]) =>
    kafka.admin.createTopics(
      names.map((name) => ({ name, partitions: 4, replicationFactor: 1, configs: {} })),
    )
  await make(['echo', 'transactions', 'users'])
  const producer = kafka.producer({
    lingerMs: 0,
    batchBytes: 262_144,
    bufferBytes: 64 << 20,
    maxRequestBytes: 1 << 20,
    compression: 'none',
    deliveryTimeoutMs: 60_000,
  })
  await fillUsers(producer)
  // The columns of a topic are found from its first records.
  await producer.partitionCount('transactions')
  appendTransaction(producer, 'transactions', { number: 0, meantUs: microseconds() })
  await producer.flush()
  const rows = [
    rowOf(["broker's echo", ...(await measure({ kafka, producer, input: 'echo', output: 'echo' }))]),
  ]
  const only = given.get('only')
  for (const [label, options] of runs.filter(([label]) => only === undefined || label.includes(only))) {
    const output = `enrich-${rows.length}-out`
    await make([output])
    const load = { kafka, producer, input: 'transactions', output }
    rows.push(rowOf([label, ...(await throughWeft(load, broker.bootstrap, options))]))
    console.log(rows.at(-1))
  }
  await producer.close()
  await kafka.close()
  report({
    file: 'latency',
    title: `latency at ${rate.toLocaleString('en-US')}/s for ${seconds} s, enrich, ms`,
    circumstances: `Apache Kafka 4.3.1 beside it, ${warmSeconds} s of the same load before`,
    columns: ['system', 'records', 'p50', 'p90', 'p99', 'p99.9'],
    rows,
  })
}

const runs: readonly (readonly [string, readonly string[]])[] = [
  ['at least once', ['--guarantee', 'at_least_once', '--linger', '0ms']],
  ['exactly once, commit 100 ms', ['--commit-interval', '100ms']],
  ['exactly once, commit 20 ms', ['--commit-interval', '20ms']],
]

collectSeldom()
await main()
