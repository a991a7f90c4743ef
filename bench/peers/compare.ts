/**
 * Question: what does a record cost in Weft beside Kafka Streams, whole programs, on Apache Kafka?
 * Budget: at most a quarter of Kafka Streams' CPU seconds per million over the whole run, a third of its second half; at least 500,000 (filter)
 * and 300,000 (enrich) records/s on one thread; exactly once at most 10 % worse.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startApacheKafka, type ApacheKafka } from '../../test/kafka/apache-kafka.ts'
import { makeOddData, oddRecords } from './odd-data.ts'
import { watch, type Measured } from './watch.ts'

const given = new Map(process.argv.slice(2).map((argument): [string, string] => {
  const at = argument.indexOf('=')
  return [argument.slice(0, at), argument.slice(at + 1)]
}))
const list = (name: string, all: string): string[] => (given.get(name) ?? all).split(',')
const workloads = list('workloads', 'filter,enrich')
const systems = list('systems', 'kafka-streams,weft')
const guarantees = list('guarantees', 'at_least_once,exactly_once_v2')
const rounds = Number(given.get('rounds') ?? 1)
const variant = given.get('variant') ?? 'plain'
const streams = join(import.meta.dirname, 'kafka-streams')
const classPath = `${join(streams, 'target', 'bench.jar')}:${join(streams, 'lib', '*')}`
const input = variant === 'odd' ? oddRecords : 2_000_000

interface Run {
  readonly broker: ApacheKafka
  readonly kafka: Kafka
  readonly workload: string
  readonly guarantee: string
}

async function main(): Promise<void> {
  if (!existsSync(join(streams, 'target', 'bench.jar'))) execFileSync('mvn', ['-q', '-B', 'package'], { cwd: streams, stdio: 'inherit' })
  await using broker = await startApacheKafka()
  const kafka = openKafka({ bootstrap: [broker.bootstrap], clientId: 'compare', connector: tcpConnector() })
  if (variant === 'odd') await makeOddData(kafka)
  else execFileSync('java', ['-cp', classPath, 'bench.Gen', broker.bootstrap, 'transactions', 'users'], { stdio: ['ignore', 'inherit', 'ignore'] })
  const rows: string[] = []
  for (const { system, ...run } of runsOf({ broker, kafka })) {
    rows.push(rowOf(run, system === 'weft' ? await runWeft(run) : await runStreams(run)))
    console.log(rows.at(-1))
  }
  await kafka.close()
  report(rows)
}

/** Both systems in turn, for each workload and guarantee. */
function runsOf(where: Pick<Run, 'broker' | 'kafka'>): (Run & { readonly system: string })[] {
  const all = workloads.flatMap((workload) =>
    guarantees.flatMap((guarantee) => systems.map((system) => ({ ...where, workload, guarantee, system }))),
  )
  return Array.from({ length: rounds }, () => all).flat()
}

async function runWeft({ broker, kafka, workload, guarantee }: Run): Promise<Measured> {
  const application = `weft-${workload}-${Date.now()}`
  const topic = `${application}-out`
  await kafka.admin.createTopics([{ name: topic, partitions: 4, replicationFactor: 1, configs: {} }])
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-compare-'))
  const definition = join(import.meta.dirname, 'definitions', variant === 'odd' ? `${workload}-odd.yaml` : `${workload}.yaml`)
  const child = spawn(
    process.execPath,
    ['bin/weft.mjs', 'run', definition, '--bootstrap', broker.bootstrap, '--guarantee', guarantee, '--log-level', 'warn', '--state-dir', stateDir,
      ...(guarantee === 'at_least_once' ? ['--commit-interval', given.get('commit') ?? '1s'] : [])],
    { env: { ...process.env, APPLICATION: application, OUT: topic }, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  try {
    return await watch(kafka, { system: 'weft', pid: child.pid ?? -1, topic, expected: expectedOutput(workload), input })
  } finally {
    await stop(child)
    rmSync(stateDir, { recursive: true, force: true })
    await kafka.admin.deleteTopics([topic])
  }
}

/** Known from the generators' seeds. */
function expectedOutput(workload: string): number {
  if (variant === 'odd') return workload === 'filter' ? Math.floor(input / 2) : Math.floor((input * 19) / 20)
  return workload === 'filter' ? 1_000_000 : input
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Measures itself, from its first input record on. */
async function runStreams({ broker, workload, guarantee }: Run): Promise<Measured> {
  const stateDir = mkdtempSync(join(tmpdir(), 'streams-compare-'))
  const options = [`app=ks-${workload}-${Date.now()}`, `state=${stateDir}`, `bootstrap=${broker.bootstrap}`, `brokerpid=${broker.pid}`,
    `workload=${workload}`, 'store=memory', `guarantee=${guarantee}`]
  const child = spawn('java', ['-Xms1g', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'bench.Bench', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  rmSync(stateDir, { recursive: true, force: true })
  const line = text.split('\n').find((candidate) => candidate.includes('"result"'))
  if (line === undefined) throw new Error(`Kafka Streams gave no result: ${text.slice(-2000)}`)
  const result = JSON.parse(line) as Record<string, number>
  const number = (name: string): number => result[name] ?? Number.NaN
  return {
    system: 'kafka-streams',
    recordsPerSecond: number('recPerS'),
    recordsPerSecondSecondHalf: number('recPerSLastHalf'),
    cpuPerMillion: number('cpuSPerM'),
    cpuPerMillionSecondHalf: number('cpuSPerMLastHalf'),
    memoryMib: number('rssMiB'),
    output: number('out'),
  }
}

function rowOf({ workload, guarantee }: Run, m: Measured): string {
  const rate = (value: number): string => Math.round(value).toLocaleString('en-US')
  return `| ${workload} | ${guarantee} | ${m.system} | ${rate(m.recordsPerSecond)} (${rate(m.recordsPerSecondSecondHalf)}) | ${m.cpuPerMillion.toFixed(2)} (${m.cpuPerMillionSecondHalf.toFixed(2)}) | ${m.memoryMib} |`
}

function report(rows: readonly string[]): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const text = [
    `\n## ${new Date().toISOString().slice(0, 16)} compare, commit ${commit}, data ${variant}`,
    '',
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, Apache Kafka 4.3.1 beside it, ${input.toLocaleString('en-US')} records, 4 partitions.`,
    '',
    '| workload | guarantee | system | records/s (second half) | CPU s per million (second half) | MiB |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  mkdirSync(join(import.meta.dirname, '..', 'results'), { recursive: true })
  appendFileSync(join(import.meta.dirname, '..', 'results', 'compare.md'), text)
  console.log(text)
}

await main()
