/**
 * Question: what does a record cost in Weft beside Kafka Streams, whole programs, on Apache Kafka?
 * Budget: filter and enrich at most a quarter of Kafka Streams' CPU seconds per million over the whole run, a third of its second half, and at
 * least 500,000 and 300,000 records/s on one thread; counts and joins with state on RocksDB at most a third; with far more state than
 * memory at most a half; exactly once at most 10 % worse.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startApacheKafka, type ApacheKafka } from '../../test/kafka/apache-kafka.ts'
import { report, rowOf } from '../report.ts'
import { given, numberGiven, ofSize } from '../settings.ts'
import { buildStreams, generate, startStreams } from './kafka-streams.ts'
import { makeOddData, oddRecords } from './odd-data.ts'
import { recordsIn, watch, type Measured } from './watch.ts'
import { oddWorkloads, workloads, type Workload } from './workloads.ts'

const list = (name: string, all: string): string[] => (given.get(name) ?? all).split(',')
const names = list('workloads', ofSize('count-10k', 'filter,enrich'))
const systems = list('systems', 'kafka-streams,weft')
const guarantees = list('guarantees', ofSize('at_least_once', 'at_least_once,exactly_once_v2'))
const rounds = numberGiven('rounds', 1, 1)
const variant = given.get('variant') ?? 'plain'
const known = variant === 'odd' ? oddWorkloads(oddRecords) : workloads

interface Run {
  readonly broker: ApacheKafka
  readonly kafka: Kafka
  readonly name: string
  readonly workload: Workload
  readonly guarantee: string
}

async function main(): Promise<void> {
  buildStreams()
  const folder = given.get('folder')
  await using broker = await startApacheKafka(folder === undefined ? {} : { folder })
  const kafka = openKafka({ bootstrap: [broker.bootstrap], clientId: 'compare', connector: tcpConnector() })
  const chosen = names.map((name): Pick<Run, 'name' | 'workload'> => ({ name, workload: workloadOf(name) }))
  if (variant === 'odd') await makeOddData(kafka)
  else generate(broker.bootstrap, [...new Set(chosen.flatMap(({ workload }) => workload.topics))])
  const rows: string[] = []
  for (const { system, ...run } of runsOf(chosen, { broker, kafka })) {
    rows.push(resultRow(run, system === 'weft' ? await runWeft(run) : await runStreams(run)))
    console.log(rows.at(-1))
  }
  await kafka.close()
  report({
    file: 'compare',
    title: `compare, data ${variant}`,
    circumstances: 'Apache Kafka 4.3.1 beside it, 4 partitions',
    columns: [
      'workload',
      'guarantee',
      'system',
      'records/s (second half)',
      'CPU s per million (second half)',
      'MiB',
      'records out',
    ],
    rows,
  })
}

function workloadOf(name: string): Workload {
  const workload = known[name]
  if (workload === undefined)
    throw new Error(`no workload "${name}"; there are ${Object.keys(known).join(', ')}`)
  return workload
}

/** Both systems in turn, for each workload and guarantee. */
function runsOf(
  chosen: readonly Pick<Run, 'name' | 'workload'>[],
  where: Pick<Run, 'broker' | 'kafka'>,
): (Run & { readonly system: string })[] {
  const all = chosen.flatMap((workload) =>
    guarantees.flatMap((guarantee) =>
      systems.map((system) => ({ ...where, ...workload, guarantee, system })),
    ),
  )
  return Array.from({ length: rounds }, () => all).flat()
}

async function runWeft({ broker, kafka, name, workload, guarantee }: Run): Promise<Measured> {
  const application = `weft-${name}-${Date.now()}`
  const topic = `${application}-out`
  await kafka.admin.createTopics([{ name: topic, partitions: 4, replicationFactor: 1, configs: {} }])
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-compare-'))
  const definition = join(import.meta.dirname, 'definitions', workload.definition)
  const child = spawn(
    process.execPath,
    [
      'bin/weft.mjs',
      'run',
      definition,
      '--bootstrap',
      broker.bootstrap,
      '--guarantee',
      guarantee,
      '--log-level',
      'warn',
      '--state-dir',
      stateDir,
      ...(guarantee === 'at_least_once' ? ['--commit-interval', given.get('commit') ?? '1s'] : []),
      ...(workload.weft ?? []),
    ],
    {
      env: {
        ...process.env,
        APPLICATION: application,
        IN: workload.topics[0],
        WITH: workload.topics[1] ?? '',
        OUT: topic,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  try {
    return await watch(kafka, {
      system: 'weft',
      pid: child.pid ?? -1,
      group: application,
      topic,
      inputs: inputsOf(workload),
      expected: workload.output,
      input: workload.input ?? (await allIn(kafka, workload.topics)),
    })
  } finally {
    await stop(child)
    rmSync(stateDir, { recursive: true, force: true })
    await deleteTopicsOf(kafka, application)
  }
}

/** Where a part of the topics is counted, it is the first one. */
function inputsOf({ topics, input }: Workload): readonly string[] {
  return input === undefined ? topics : topics.slice(0, 1)
}

async function allIn(kafka: Kafka, topics: readonly string[]): Promise<number> {
  const counts = await Promise.all(topics.map(async (topic) => (await recordsIn(kafka, topic))()))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  if (child.exitCode === null) await exited
}

/** Internal ones, too: what a broker has to keep and to compact would disturb the next run. */
async function deleteTopicsOf(kafka: Kafka, application: string): Promise<void> {
  const topics = (await kafka.admin.listTopics()).filter(({ name }) => name.startsWith(`${application}-`))
  await kafka.admin.deleteTopics(topics.map(({ name }) => name))
}

/** Measures itself, from its first input record to its last. */
async function runStreams({ broker, kafka, name, workload, guarantee }: Run): Promise<Measured> {
  const stateDir = mkdtempSync(join(tmpdir(), 'streams-compare-'))
  const application = `ks-${name}-${Date.now()}`
  const options = [
    `app=${application}`,
    `state=${stateDir}`,
    `bootstrap=${broker.bootstrap}`,
    `brokerpid=${broker.pid}`,
    `guarantee=${guarantee}`,
    ...workload.streams,
  ]
  const child = startStreams(options)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  rmSync(stateDir, { recursive: true, force: true })
  await deleteTopicsOf(kafka, application)
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

function resultRow({ name, guarantee }: Run, m: Measured): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
  return rowOf([
    name,
    guarantee,
    m.system,
    `${whole(m.recordsPerSecond)} (${whole(m.recordsPerSecondSecondHalf)})`,
    `${m.cpuPerMillion.toFixed(2)} (${m.cpuPerMillionSecondHalf.toFixed(2)})`,
    m.memoryMib,
    whole(m.output),
  ])
}

await main()
