/**
 * Question: how many bytes a second does the embedded broker take and give on one core, to Java's own performance tools?
 * Budget: 300 MB/s in and 500 MB/s out, uncompressed records of 1 KB, broker and client each on a core of their own. Where the tools'
 * core is busy all the time, they are what bounds; Apache Kafka on the same core and with the same tools (`systems=kafka`) tells how far,
 * and so does a reader that looks at nothing (`fetch-reader.ts`).
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKafka } from '../../src/kafka/client.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startApacheKafka } from '../../test/kafka/apache-kafka.ts'
import { buildJava, javaClassPath } from '../../test/kafka/java-tools.ts'
import { report, rowOf } from '../report.ts'
import { given, numberGiven, ofSize } from '../settings.ts'
import { cpuSeconds, peakMemoryMib } from './process-usage.ts'

const systems = (given.get('systems') ?? ofSize('disk,kafka', 'memory,disk,kafka')).split(',')
/** So many that what Java compiles on the way does not rule. */
const records = numberGiven('records', 20_000, 3_000_000)
const rounds = numberGiven('rounds', 1, 3)
/** A consumer fetches nothing from a partition while it still has some of it to read. */
const partitions = numberGiven('partitions', 1, 1)
const batchBytes = given.get('batch') ?? '262144'
/** Of Node, for the broker. */
const flags = (given.get('flags') ?? '').split(',').filter((flag) => flag !== '')
const recordBytes = 1024
const megabytes = (records * recordBytes) / 1_000_000
const repository = join(import.meta.dirname, '../..')

interface Measured {
  readonly megabytesPerSecond: number
  /** Of the broker. */
  readonly cpuSeconds: number
  /** What part of its core the tool used, from its start to its end. */
  readonly toolBusy: number
}

interface Ran {
  readonly text: string
  readonly busy: number
}

interface Served {
  readonly bootstrap: string
  readonly pid: number
  end(): Promise<void>
}

async function main(): Promise<void> {
  buildJava()
  const rows: string[] = []
  for (const system of systems) {
    for (let round = 0; round < rounds; round++) {
      rows.push(await run(system))
      console.log(rows.at(-1))
    }
  }
  tell(rows)
}

/** A fresh broker on the first core: written to its end, then read from its beginning, from the second core. */
async function run(system: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'broker-throughput-'))
  const served = system === 'kafka' ? await startApache(folder) : await startOwn(system, folder)
  const { bootstrap, pid } = served
  try {
    const written = await measure(pid, () => produce(bootstrap))
    const read = await measure(pid, () => consume(bootstrap))
    const plain = partitions === 1 ? `${Math.round(await readPlainly(bootstrap))}` : '–'
    return rowOf([system, ...cells(written), ...cells(read), plain, peakMemoryMib(pid)])
  } finally {
    await served.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startApache(folder: string): Promise<Served> {
  const apache = await startApacheKafka({ folder })
  execFileSync('taskset', ['-a', '-c', '-p', '0', String(apache.pid)], { stdio: 'ignore' })
  const kafka = openKafka({ bootstrap: [apache.bootstrap], clientId: 'bench', connector: tcpConnector() })
  await kafka.admin.createTopics([{ name: 'perf', partitions, replicationFactor: 1, configs: {} }])
  await kafka.close()
  return { bootstrap: apache.bootstrap, pid: apache.pid, end: () => apache.stop() }
}

async function startOwn(storage: string, folder: string): Promise<Served> {
  const options = storage === 'disk' ? ['--data-dir', folder] : []
  const broker = spawn(
    'taskset',
    [
      '-c',
      '0',
      process.execPath,
      ...flags,
      'src/cli/main.ts',
      'broker',
      '--port',
      '0',
      '--topics',
      `perf:${partitions}`,
      ...options,
    ],
    { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await once(broker.stdout, 'data')
  const bootstrap = /listening on (\S+?),/.exec(String(line))?.[1] ?? ''
  const end = async (): Promise<void> => {
    const ended = once(broker, 'exit')
    broker.kill('SIGTERM')
    await ended
  }
  return { bootstrap, pid: broker.pid ?? 0, end }
}

async function measure(
  pid: number,
  work: () => Promise<Pick<Measured, 'megabytesPerSecond' | 'toolBusy'>>,
): Promise<Measured> {
  const before = cpuSeconds(pid)
  const told = await work()
  return { ...told, cpuSeconds: cpuSeconds(pid) - before }
}

async function produce(bootstrap: string): Promise<Pick<Measured, 'megabytesPerSecond' | 'toolBusy'>> {
  const { text, busy } = await java('org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    'perf',
    '--num-records',
    String(records),
    '--record-size',
    String(recordBytes),
    '--throughput',
    '-1',
    '--command-property',
    `bootstrap.servers=${bootstrap}`,
    `batch.size=${batchBytes}`,
    'linger.ms=5',
    'buffer.memory=134217728',
    'max.request.size=4194304',
    'compression.type=none',
  ])
  const [, mebibytes] = /\(([\d.]+) MB\/sec\)[^\n]*99\.9th/.exec(text) ?? []
  return { megabytesPerSecond: Number(mebibytes) * 1.048_576, toolBusy: busy }
}

async function consume(bootstrap: string): Promise<Pick<Measured, 'megabytesPerSecond' | 'toolBusy'>> {
  const { text, busy } = await java('org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    'perf',
    '--num-records',
    String(records),
    '--fetch-size',
    '4194304',
    '--timeout',
    '60000',
  ])
  // The last but two columns: what fetching alone did, without the time that joining the group took.
  const [mebibytes] = (text.trim().split('\n').at(-1) ?? '').split(',').slice(-2)
  return { megabytesPerSecond: Number(mebibytes) * 1.048_576, toolBusy: busy }
}

/** What the broker gives to who does nothing with it, on the tools' core. */
async function readPlainly(bootstrap: string): Promise<number> {
  const reader = spawn(
    'taskset',
    [
      '-c',
      '1',
      process.execPath,
      'bench/peers/fetch-reader.ts',
      bootstrap,
      'perf',
      String(records),
      String(recordBytes),
    ],
    { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await once(reader.stdout, 'data')
  const [bytes, ms] = String(line).split(' ').map(Number)
  return (bytes ?? 0) / 1000 / (ms ?? 1)
}

async function java(program: string, args: readonly string[]): Promise<Ran> {
  const options = ['-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', javaClassPath()]
  const child = spawn('taskset', ['-c', '1', 'java', ...options, program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const startMs = performance.now()
  let busy = 0
  const looking = setInterval(() => {
    const used = (1000 * cpuSeconds(child.pid ?? 0)) / (performance.now() - startMs)
    if (Number.isFinite(used)) busy = used
  }, 200)
  await once(child, 'close')
  clearInterval(looking)
  return { text, busy }
}

/** By the clock, by what of its core the broker used, and how busy the tool's core was. */
function cells({ megabytesPerSecond, cpuSeconds: seconds, toolBusy }: Measured): string[] {
  if (Number.isNaN(megabytesPerSecond)) throw new Error('a tool did not say how fast it was')
  const [rate, ofBroker] = [megabytesPerSecond, megabytes / seconds].map((value) => String(Math.round(value)))
  return [rate as string, ofBroker as string, `${Math.round(100 * toolBusy)} %`]
}

function tell(rows: readonly string[]): void {
  report({
    file: 'broker-throughput',
    title: `broker-throughput, batches of ${batchBytes} bytes, flags ${flags.join(' ') || 'none'}`,
    circumstances: `tools of Apache Kafka 4.3.1, ${records.toLocaleString('en-US')} records of ${recordBytes} bytes, ${partitions} partition${partitions === 1 ? '' : 's'}`,
    columns: [
      'records in',
      'in, MB/s',
      'in, MB per CPU second of the broker',
      'tool’s core',
      'out, MB/s',
      'out, MB per CPU second',
      'tool’s core',
      'out to a plain reader, MB/s',
      'MiB',
    ],
    rows,
  })
}

await main()
