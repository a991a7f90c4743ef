/** One process of `weft run` with state on disk, and an embedded broker in this one: memory that is measured is that of the other. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'

export interface Beside {
  readonly kafka: Kafka
  readonly producer: Producer
  readonly pid: number
  readonly stateDir: string
  /** Ends all of it; folders are deleted. */
  end(): Promise<void>
}

/** @param topics - of four partitions each; they keep what came in the last minute */
export async function startBeside(wanted: {
  readonly definition: string
  readonly topics: readonly string[]
  readonly options: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}): Promise<Beside> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'weft-beside-broker-'))
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-beside-'))
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    topicDefaults: { 'retention.ms': '60000', 'segment.bytes': '16777216' },
    dataFolder,
  })
  const bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'load', connector: tcpConnector() })
  const shape = { partitions: 4, replicationFactor: 1, configs: {} }
  await kafka.admin.createTopics(wanted.topics.map((name) => ({ name, ...shape })))
  const weft = join(import.meta.dirname, '../../bin/weft.mjs')
  const places = ['--bootstrap', bootstrap, '--state-dir', stateDir, '--log-level', 'warn']
  const child = spawn(process.execPath, [weft, 'run', wanted.definition, ...places, ...wanted.options], {
    env: { ...process.env, ...wanted.environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const endedEarly = (): never => {
    console.error('weft ended before what it was measured for')
    process.exit(1)
  }
  child.once('exit', endedEarly)
  const producer = kafka.producer({
    lingerMs: 20,
    batchBytes: 65_536,
    bufferBytes: 16 << 20,
    maxRequestBytes: 1 << 20,
    compression: 'none',
    deliveryTimeoutMs: 60_000,
  })
  const end = async (): Promise<void> => {
    child.off('exit', endedEarly)
    child.kill('SIGTERM')
    await once(child, 'exit')
    await producer.close()
    await kafka.close()
    await broker.close()
    for (const folder of [dataFolder, stateDir]) rmSync(folder, { recursive: true, force: true })
  }
  return { kafka, producer, pid: child.pid ?? -1, stateDir, end }
}

export function residentMib(pid: number): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(line) / 1024)
}
