/**
 * Question: how long from the start of a process that was killed under load to its first record, and how fast is its state restored when the
 * disk has lost it? Beside Kafka Streams, on Apache Kafka, exactly once, RocksDB, a million rows: a table that transactions are joined with, whose
 * log is its topic; or counts by key (`total`), or by minute and key (`count`), whose own change log is written until the kill.
 * Budget: under a second to the first record with `group.initial.rebalance.delay.ms=0`; a restore at least twice as fast as Kafka Streams'.
 *
 *     node bench/state/restart.ts [workload=enrich|total|count] [size=full|smoke] [systems=weft,kafka-streams] [folder=…]
 *
 * Killed as by kill -9 in the middle of the transactions, started again with the same state; killed again, its stores deleted, started again.
 * The first record is the first one that is seen in the output topic, looked at each 10 ms, from the start of the process on. A restore is
 * timed by what each system says of itself: from the beginning of the first store's to the end of the last, and it is divided into the records
 * that it says it read. Kafka Streams runs as a static member; it deletes its state when it was killed, so that its one restart is both.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { startApacheKafka } from '../../test/kafka/apache-kafka.ts'
import { buildStreams, generate, startStreams } from '../peers/kafka-streams.ts'
import { recordsIn } from '../peers/watch.ts'
import { report, rowOf } from '../report.ts'
import { given, ofSize } from '../settings.ts'

interface Workload {
  readonly definition: string
  /** There are at least so many when it is killed. */
  readonly rows: number
  readonly stream: string
  readonly table?: string
  /** Output records that are seen. */
  readonly killedAfter: number
}

const enrich = { definition: 'enrich-table' }
/** Of those who are counted most come once: nearly as many rows as records. */
const counted = {
  full: { rows: 1_000_000, stream: 'transactions10m', killedAfter: 1_100_000 },
  smoke: { rows: 60_000, stream: 'transactions500k', killedAfter: 100_000 },
}
const workloads: Readonly<Record<string, Readonly<Record<'full' | 'smoke', Workload>>>> = {
  enrich: {
    full: { ...enrich, rows: 1_000_000, table: 'users1m', stream: 'transactions', killedAfter: 800_000 },
    smoke: { ...enrich, rows: 100_000, table: 'users', stream: 'transactions100k', killedAfter: 20_000 },
  },
  total: {
    full: { ...counted.full, definition: 'total' },
    smoke: { ...counted.smoke, definition: 'total' },
  },
  count: {
    full: { ...counted.full, definition: 'count' },
    smoke: { ...counted.smoke, definition: 'count' },
  },
}
const workload = given.get('workload') ?? 'enrich'
const sizes = workloads[workload]
if (sizes === undefined) throw new Error(`no workload ${workload}`)
const { definition, rows, table, stream, killedAfter } = ofSize(sizes.smoke, sizes.full)
const systems = (given.get('systems') ?? 'weft,kafka-streams').split(',')
const patienceMs = 120_000

interface Place {
  readonly kafka: Kafka
  readonly bootstrap: string
  readonly application: string
  readonly output: string
  readonly stateDir: string
}

interface Restarted {
  readonly firstRecordMs: number
  /** From logs, at that start. */
  readonly replayed: number
  /** Of the start after the stores were deleted. */
  readonly restoredPerSecond: number
  readonly firstRecordAfterLossMs: number
}

async function main(): Promise<void> {
  buildStreams()
  const folder = given.get('folder')
  await using broker = await startApacheKafka(folder === undefined ? {} : { folder })
  const kafka = openKafka({ bootstrap: [broker.bootstrap], clientId: 'restart', connector: tcpConnector() })
  generate(broker.bootstrap, table === undefined ? [stream] : [stream, table])
  const results: string[] = []
  for (const system of systems) {
    const application = `restart-${system}-${Date.now()}`
    const output = `${application}-out`
    await kafka.admin.createTopics([{ name: output, partitions: 4, replicationFactor: 1, configs: {} }])
    const place = {
      kafka,
      bootstrap: broker.bootstrap,
      application,
      output,
      stateDir: mkdtempSync(join(tmpdir(), 'weft-restart-')),
    }
    const restarting = system === 'weft' ? restartWeft(place) : restartStreams(place)
    results.push(
      await restarting.then(
        (restarted) => resultRow(system, restarted),
        (error: unknown) => {
          process.exitCode = 1
          return rowOf([system, String(error), '', '', ''])
        },
      ),
    )
    for (const running of started.splice(0)) await running.kill()
    rmSync(place.stateDir, { recursive: true, force: true })
    console.log(results.at(-1))
  }
  await kafka.close()
  report({
    file: 'restart',
    title: `restart of ${workload} after kill -9 with ${rows.toLocaleString('en-US')} rows`,
    circumstances:
      'Apache Kafka 4.3.1 beside it, exactly once, RocksDB, group.initial.rebalance.delay.ms=0, static members',
    columns: [
      'system',
      'start to first record, ms',
      'records replayed until then',
      'state lost: rows restored/s',
      'state lost: start to first record, ms',
    ],
    rows: results,
  })
}

function resultRow(
  system: string,
  { firstRecordMs, replayed, restoredPerSecond, firstRecordAfterLossMs }: Restarted,
): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
  const measured = [firstRecordMs, replayed, restoredPerSecond, firstRecordAfterLossMs]
  return rowOf([system, ...measured.map(whole)])
}

async function restartWeft(place: Place): Promise<Restarted> {
  const run = () => startWeft(place)
  await killedIn(place, run(), killedAfter)
  const again = run()
  const firstRecordMs = await untilMore(place)
  await again.kill()
  const replayed = recordsOf(saidBy(again, 'stores are restored'))
  rmSync(join(place.stateDir, place.application, 'rocksdb'), { recursive: true })
  const afterLoss = run()
  const firstRecordAfterLossMs = await untilMore(place)
  await afterLoss.kill()
  const times = (lines: readonly Line[]): number[] => lines.map(({ time }) => Date.parse(String(time)))
  const begun = saidBy(afterLoss, 'stores are restored')
  const restoredPerSecond = rate(begun, times(begun), times(saidBy(afterLoss, 'tasks run')))
  return { firstRecordMs, replayed, firstRecordAfterLossMs, restoredPerSecond }
}

function saidBy({ lines }: Watched, message: string): Line[] {
  return lines.filter(({ msg }) => msg === message)
}

function recordsOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + Number(line['records']), 0)
}

/** Records a second, from the first beginning to the last end. */
function rate(lines: readonly Line[], begun: readonly number[], ended: readonly number[]): number {
  const records = recordsOf(lines)
  if (records < rows) throw new Error(`only ${records} records were restored`)
  return (records / (Math.max(...ended) - Math.min(...begun))) * 1000
}

async function restartStreams(place: Place): Promise<Restarted> {
  const { bootstrap, application, output, stateDir } = place
  const run = () => {
    const options = [
      `bootstrap=${bootstrap}`,
      `app=${application}`,
      `out=${output}`,
      `state=${stateDir}`,
      `in=${stream}`,
      ...(table === undefined ? [] : [`table=${table}`]),
    ]
    const child = startStreams([
      ...options,
      `workload=${workload}`,
      'guarantee=exactly_once_v2',
      'config.group.instance.id=restart-1',
    ])
    return watched(child)
  }
  await killedIn(place, run(), killedAfter)
  const again = run()
  const firstRecordMs = await untilMore(place)
  const said = (name: string): Line[] => again.lines.filter((line) => name in line)
  // Tasks run as they are restored, one after the other.
  while (said('restoreEnd').length < said('restoreStart').length) await delay(10)
  await again.kill()
  const times = (name: string): number[] => said(name).map(({ at }) => Number(at))
  const ended = said('restoreEnd')
  const restoredPerSecond = rate(ended, times('restoreStart'), times('restoreEnd'))
  return {
    firstRecordMs,
    replayed: recordsOf(ended),
    firstRecordAfterLossMs: firstRecordMs,
    restoredPerSecond,
  }
}

type Line = Readonly<Record<string, unknown>>

/** Lines of JSON that a process has written, and its end. */
interface Watched {
  readonly lines: readonly Line[]
  kill(): Promise<void>
}

function startWeft({ bootstrap, application, output, stateDir }: Place): Watched {
  const file = join(import.meta.dirname, '../peers/definitions', `${definition}.yaml`)
  const options = ['--bootstrap', bootstrap, '--state-dir', stateDir, '--log-format', 'json']
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../bin/weft.mjs'), 'run', file, ...options],
    {
      env: { ...process.env, APPLICATION: application, OUT: output, IN: stream, TABLE: table ?? '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  return watched({
    stdout: child.stderr,
    kill: (signal) => child.kill(signal),
    once: (event, listener) => child.once(event, listener),
  })
}

interface Child {
  readonly stdout: Readable
  kill(signal: NodeJS.Signals): boolean
  once(event: 'close', listener: () => void): unknown
}

const started: Watched[] = []

function watched(child: Child): Watched {
  const lines: Record<string, unknown>[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>)
  })
  const closed = new Promise<void>((resolve) => child.once('close', resolve))
  const process = {
    lines,
    kill: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
  started.push(process)
  return process
}

async function killedIn(place: Place, running: Watched, records: number): Promise<void> {
  const count = await recordsIn(place.kafka, place.output)
  const end = performance.now() + patienceMs
  while ((await count()) < records && performance.now() < end) await delay(10)
  await running.kill()
}

/** More than markers of transactions, one a partition for each that is aborted. */
const moreThanMarkers = 50

/** How long until records come, from now on. */
async function untilMore({ kafka, output }: Place): Promise<number> {
  const startMs = performance.now()
  const count = await recordsIn(kafka, output)
  const before = await count()
  while ((await count()) < before + moreThanMarkers) {
    if (performance.now() > startMs + patienceMs) throw new Error(`nothing more comes into ${output}`)
    await delay(10)
  }
  return performance.now() - startMs
}

await main()
