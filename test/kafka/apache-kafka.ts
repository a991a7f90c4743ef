/**
 * Apache Kafka for a test: one broker with its controller (KRaft) on free ports of the loopback, from the jars that
 * {@link buildJava} collects. Topics are not created automatically; internal topics have one replica and four partitions;
 * rebalances start without delay; records are kept for ever.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildJava, javaClassPath } from './java-tools.ts'

export interface ApacheKafkaOptions {
  /** Lines for server.properties beside or instead of ours. */
  readonly settings?: Readonly<Record<string, string>>
  /** A folder to keep, where the broker is to be started again with its data; otherwise one that goes with the broker. */
  readonly folder?: string
}

export interface ApacheKafka extends AsyncDisposable {
  /** `127.0.0.1:port`; the same each time a folder is used. */
  readonly bootstrap: string
  readonly port: number
  readonly pid: number
  /** Ends it in order, as SIGTERM does. */
  stop(): Promise<void>
  /** Ends it as kill -9 does: nothing is flushed. */
  kill(): Promise<void>
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 30_000
const pollMs = 100
const jvmOptions = ['-Xms256m', '-Xmx768m', '-XX:+UseG1GC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
/** Any uuid will do. */
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'

/** Starts a broker and waits until it answers. */
export async function startApacheKafka(options: ApacheKafkaOptions = {}): Promise<ApacheKafka> {
  buildJava()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'weft-kafka-'))
  mkdirSync(folder, { recursive: true })
  const [port, controllerPort] = await portsOf(folder)
  const properties = join(folder, 'server.properties')
  writeFileSync(
    properties,
    propertiesText({ folder, port, controllerPort, settings: options.settings ?? {} }),
  )
  if (!existsSync(join(folder, 'logs/meta.properties'))) format(properties)
  const log = join(folder, 'kafka.log')
  const out = openSync(log, 'a')
  const child = spawn('java', [...jvmOptions, '-cp', javaClassPath(), 'kafka.Kafka', properties], {
    stdio: ['ignore', out, out],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    process.off('exit', killNow)
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
  const killNow = (): void => void child.kill('SIGKILL')
  process.once('exit', killNow)
  const stop = async (): Promise<void> => {
    const late = setTimeout(killNow, stopTimeoutMs)
    await end('SIGTERM')
    clearTimeout(late)
  }
  await untilAnswers(child, port, log)
  return {
    bootstrap: `127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}

/** A folder keeps its ports, so that clients find a broker again that was killed. */
async function portsOf(folder: string): Promise<[number, number]> {
  const file = join(folder, 'ports.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const ports: [number, number] = [await freePort(), await freePort()]
  writeFileSync(file, JSON.stringify(ports))
  return ports
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

interface Place {
  readonly folder: string
  readonly port: number
  readonly controllerPort: number
  readonly settings: Readonly<Record<string, string>>
}

function propertiesText({ folder, port, controllerPort, settings }: Place): string {
  const all: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'logs'),
    'num.partitions': 4,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': 'false',
    // A broker that was killed may come back only when the controller has given it up.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
    'log.retention.hours': -1,
    'log.retention.bytes': -1,
    ...settings,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function format(properties: string): void {
  const program = ['-cp', javaClassPath(), 'kafka.tools.StorageTool', 'format', '--standalone']
  const args = [...jvmOptions, '-XX:TieredStopAtLevel=1', ...program, '-t', clusterId, '-c', properties]
  const done = spawnSync('java', args, { encoding: 'utf8' })
  if (done.status !== 0)
    throw new Error(`Apache Kafka's folder could not be formatted:\n${done.stdout}${done.stderr}`)
}

async function untilAnswers(child: ChildProcess, port: number, log: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`Apache Kafka did not come up:\n${readFileSync(log, 'utf8').slice(-4_000)}`)
    }
    await sleep(pollMs)
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
