/**
 * Apache Kafka for a test: one broker with its controller (KRaft) on free ports of the loopback, from the jars that
 * {@link buildJava} collects. Topics are not created automatically; internal topics have one replica and four partitions;
 * rebalances start without delay; records are kept for ever.
 *
 * The older release has transactions of the first version only, the newer one both (it uses the second).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './free-port.ts'
import { buildJava, javaClassPath, olderClassPath } from './java-tools.ts'

export type KafkaRelease = '4.3' | '3.9'

export interface ApacheKafkaOptions {
  /** 4.3 where nothing is said. */
  readonly release?: KafkaRelease
  /** Listeners beside the plain one, by their names, with their protocols: `{ INSIDE: 'SASL_SSL' }`. */
  readonly listeners?: Readonly<Record<string, string>>
  /** For the tool that formats the folder: `--add-scram …`. */
  readonly formatArguments?: readonly string[]
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
  /** Ports of the further listeners, by their names. */
  readonly ports: Readonly<Record<string, number>>
  /** Ends it in order, as SIGTERM does. */
  stop(): Promise<void>
  /** Ends it as kill -9 does: nothing is flushed. */
  kill(): Promise<void>
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 30_000
const pollMs = 100
const jvmOptions = ['-Xms256m', '-Xmx768m', '-XX:+UseG1GC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
const plain = 'PLAINTEXT'
const controller = 'CONTROLLER'
/** Any uuid will do. */
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'

/** Starts a broker and waits until it answers. */
export async function startApacheKafka(options: ApacheKafkaOptions = {}): Promise<ApacheKafka> {
  buildJava()
  const { release = '4.3', listeners = {}, settings = {}, formatArguments = [] } = options
  const classPath = release === '3.9' ? olderClassPath() : javaClassPath()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'weft-kafka-'))
  mkdirSync(folder, { recursive: true })
  const ports = await portsOf(folder, [plain, controller, ...Object.keys(listeners)])
  const port = ports[plain] ?? 0
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, propertiesText({ folder, ports, listeners, settings }))
  if (!existsSync(join(folder, 'logs/meta.properties'))) format(classPath, properties, formatArguments)
  const log = join(folder, 'kafka.log')
  const out = openSync(log, 'a')
  const child = spawn('java', [...jvmOptions, '-cp', classPath, 'kafka.Kafka', properties], {
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
    ports,
    stop,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}

type Ports = Readonly<Record<string, number>>

/** A folder keeps its ports, so that clients find a broker again that was killed. */
async function portsOf(folder: string, names: readonly string[]): Promise<Ports> {
  const file = join(folder, 'ports.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Ports
  const free = await freePorts(names.length)
  const ports = Object.fromEntries(names.map((name, i) => [name, free[i] as number]))
  writeFileSync(file, JSON.stringify(ports))
  return ports
}

interface Place {
  readonly folder: string
  readonly ports: Ports
  readonly listeners: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
}

function propertiesText({ folder, ports, listeners, settings }: Place): string {
  const addresses = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const protocols = Object.entries({ [plain]: plain, [controller]: plain, ...listeners })
  const all: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports[controller]}`,
    listeners: addresses.join(','),
    'advertised.listeners': addresses.filter((address) => !address.startsWith(controller)).join(','),
    'controller.listener.names': controller,
    'listener.security.protocol.map': protocols.map((pair) => pair.join(':')).join(','),
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

function format(classPath: string, properties: string, more: readonly string[]): void {
  const program = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '--standalone']
  const args = [
    ...jvmOptions,
    '-XX:TieredStopAtLevel=1',
    ...program,
    '-t',
    clusterId,
    '-c',
    properties,
    ...more,
  ]
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
