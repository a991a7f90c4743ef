/**
 * Question: is memory flat under a steady load, native memory included?
 * Budget: resident memory of the last quarter at most 5 % above that of the second.
 *
 *     node bench/state/soak.ts [minutes=60] [rate=2000] [keys=100000] [size=smoke]
 *
 * One process of `weft run` counts by minute and key on RocksDB, exactly once, from an embedded broker in this process whose topics keep a
 * minute; memory is that of the other process. Windows come, change and expire all the time.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/base/random.ts'
import type { Producer } from '../../src/kafka/contracts.ts'
import { append } from '../append.ts'
import { report, rowOf } from '../report.ts'
import { isSmoke, numberGiven, ofSize } from '../settings.ts'
import { residentMib, startBeside } from './weft-beside-broker.ts'

const minutes = numberGiven('minutes', 0.1, 60)
const rate = numberGiven('rate', 500, 2000)
const keys = numberGiven('keys', 1000, 100_000)
const growthMax = 1.05
const everyMs = ofSize(500, 5000)

async function main(): Promise<void> {
  const beside = await startBeside({
    definition: join(import.meta.dirname, '../peers/definitions/count.yaml'),
    topics: ['transactions', 'soak-out'],
    options: ['--state-memory', '64MiB'],
    environment: { APPLICATION: 'soak', OUT: 'soak-out' },
  })
  const end = new AbortController()
  const load = steadyLoad(beside.producer, end.signal)
  const samples = await watchMemory(beside.pid)
  end.abort()
  const sent = await load
  await beside.end()
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
      append(producer, 'transactions', key, value)
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
  // So early, everything that is loaded and compiled is growth.
  if (grown > growthMax && !isSmoke) {
    console.error(`memory grows: ${quarters.join(', ')} MiB`)
    process.exitCode = 1
  }
}

await main()
