/**
 * Question: is memory flat under a steady load, native memory included?
 * Budget: resident memory of the last quarter at most 5 % above that of the second.
 *
 *     node bench/state/soak.ts [minutes=60] [rate=2000] [keys=100000]
 *
 * One process of `weft run` counts by minute and key on RocksDB, exactly once, from an embedded broker in this process whose topics keep a
 * minute; memory is that of the other process. Windows come, change and expire all the time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { seededRandom, systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Producer } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { argumentsGiven, report, rowOf } from '../report.ts'

const given = argumentsGiven()
const minutes = Number(given.get('minutes') ?? 60)
const rate = Number(given.get('rate') ?? 2000)
const keys = Number(given.get('keys') ?? 100_000)
const growthMax = 1.05
const everyMs = 5000

async function main(): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'weft-soak-broker-'))
  const topicDefaults = { 'retention.ms': '60000', 'segment.bytes': '16777216' }
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    topicDefaults,
    dataFolder,
  })
  const bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'soak', connector: tcpConnector() })
  const topics = ['transactions', 'soak-out'].map((name) => ({
    name,
    partitions: 4,
    replicationFactor: 1,
    configs: {},
  }))
  await kafka.admin.createTopics(topics)
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-soak-'))
  const definition = join(import.meta.dirname, '../peers/definitions/count.yaml')
  const options = [
    '--bootstrap',
    bootstrap,
    '--state-dir',
    stateDir,
    '--log-level',
    'warn',
    '--state-memory',
    '64MiB',
  ]
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../bin/weft.mjs'), 'run', definition, ...options],
    {
      env: { ...process.env, APPLICATION: 'soak', OUT: 'soak-out' },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const end = new AbortController()
  const producer = kafka.producer({
    lingerMs: 20,
    batchBytes: 65_536,
    bufferBytes: 16 << 20,
    maxRequestBytes: 1 << 20,
    compression: 'none',
    deliveryTimeoutMs: 60_000,
  })
  const load = steadyLoad(producer, end.signal)
  const samples = await watchMemory(child.pid ?? -1)
  end.abort()
  const sent = await load
  child.kill('SIGTERM')
  await once(child, 'exit')
  await producer.close()
  await kafka.close()
  await broker.close()
  for (const folder of [dataFolder, stateDir]) rmSync(folder, { recursive: true, force: true })
  tell(samples, sent)
}

/** As many records as are due, whatever happens. @returns how many */
async function steadyLoad(producer: Producer, signal: AbortSignal): Promise<number> {
  const random = seededRandom(11)
  await producer.partitionCount('transactions')
  const startMs = performance.now()
  let sent = 0
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * rate)
    for (; sent < due && !producer.full; sent++) {
      const key = Buffer.from(`u${random.below(keys)}`)
      const value = Buffer.from(`{"txn_id":"t${sent}","user_id":"${key.toString()}","amount":${sent % 1000}}`)
      producer.append('transactions', {
        partition: -1,
        timestampMs: Date.now(),
        key,
        keyStart: 0,
        keyEnd: key.length,
        value,
        valueStart: 0,
        valueEnd: value.length,
        headers: undefined,
      })
    }
    await delay(10)
  }
  await producer.flush()
  return sent
}

interface Sample {
  readonly atMs: number
  readonly residentMib: number
}

async function watchMemory(pid: number): Promise<Sample[]> {
  const samples: Sample[] = []
  const startMs = performance.now()
  while (performance.now() - startMs < minutes * 60_000) {
    await delay(everyMs)
    const sample = { atMs: performance.now() - startMs, residentMib: residentMib(pid) }
    samples.push(sample)
    if (samples.length % 12 === 0)
      console.log(`${(sample.atMs / 60_000).toFixed(0)} min: ${sample.residentMib} MiB`)
  }
  return samples
}

function residentMib(pid: number): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(line) / 1024)
}

function tell(samples: readonly Sample[], sent: number): void {
  const quarter = (number: number): number => {
    const part = samples.slice(
      Math.floor((samples.length * (number - 1)) / 4),
      Math.floor((samples.length * number) / 4),
    )
    return Math.round(part.reduce((sum, { residentMib: mib }) => sum + mib, 0) / part.length)
  }
  const quarters = [1, 2, 3, 4].map(quarter)
  const grown = (quarters[3] as number) / (quarters[1] as number)
  report({
    file: 'soak',
    title: `steady load of ${rate.toLocaleString('en-US')}/s for ${minutes} minutes, ${keys.toLocaleString('en-US')} keys`,
    circumstances: `count by minute on RocksDB, exactly once, 64 MiB for state, embedded broker beside it, ${sent.toLocaleString('en-US')} records`,
    columns: ['resident MiB: 1st quarter', '2nd', '3rd', '4th', '4th to 2nd'],
    rows: [rowOf([...quarters, grown.toFixed(3)])],
  })
  if (grown > growthMax) {
    console.error(`memory grows: ${quarters.join(', ')} MiB`)
    process.exitCode = 1
  }
}

await main()
