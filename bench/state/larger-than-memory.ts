/**
 * Question: is state that is many times larger than memory processed within its budget, and how fast?
 * Budget: 20 GB on disk, with at most 1 GB of memory for the whole process.
 *
 *     node bench/state/larger-than-memory.ts [gigabytes=20] [bytes=2000] [memory=512MiB] [updates=500000] [log=true] [size=smoke]
 *
 * One process of `weft run` keeps the newest profile of each key on RocksDB, exactly once, from an embedded broker in this process, which has
 * the change log, too: as much on disk again, or none with `log=false`. First each profile comes once, in no order, then random ones change: each
 * change reads what the key had, and what comes out says whether it was right (`profile-chains.ts`). Profiles are random bytes, so that
 * nothing is gained by compression. The producer is 200 MB ahead at most: topics keep a minute.
 */
import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/base/random.ts'
import { peakMemoryMib } from '../peers/process-usage.ts'
import { committed } from '../peers/watch.ts'
import { append } from '../append.ts'
import { report, rowOf } from '../report.ts'
import { given, numberGiven } from '../settings.ts'
import { ProfileChains } from './profile-chains.ts'
import { residentMib, startBeside, type Beside } from './weft-beside-broker.ts'

const gigabytes = numberGiven('gigabytes', 0.01, 20)
const bytes = numberGiven('bytes', 2000, 2000)
const memory = given.get('memory') ?? '512MiB'
const updates = numberGiven('updates', 1000, 500_000)
const log = given.get('log') ?? 'true'
const profiles = Math.floor((gigabytes * 1e9) / bytes)
const aheadMax = Math.floor(200e6 / bytes)
/** A stride that shares no factor with the count visits every key once, in no order. */
const stride = 7_919_317
const noise = randomFillSync(Buffer.allocUnsafe(16 << 20))
const random = seededRandom(3)
const chains = new ProfileChains(profiles)
/** For the last results to be seen, and for what nobody asked for. */
const patienceMs = 60_000

async function main(): Promise<void> {
  const beside = await startBeside({
    definition: join(import.meta.dirname, 'larger-than-memory.yaml'),
    topics: ['profiles', 'chains'],
    options: ['--state-memory', memory, '--state-engine', 'rocksdb'],
    environment: { LOGGING: log },
  })
  const end = new AbortController()
  const watching = chains.watch(beside.kafka, 'chains', end.signal)
  const progress = committed(beside.kafka, { group: 'larger-than-memory', inputs: ['profiles'] })
  const load = await send(beside, {
    from: 0,
    count: profiles,
    key: (at) => (at * stride) % profiles,
    progress,
  })
  const disk =
    Number(execFileSync('du', ['-sk', beside.stateDir], { encoding: 'utf8' }).split('\t')[0]) * 1024
  const change = await send(beside, {
    from: profiles,
    count: updates,
    key: () => random.below(profiles),
    progress,
  })
  const peak = peakMemoryMib(beside.pid)
  await allSeen()
  end.abort()
  await watching
  await beside.end()
  const right = chains.check()
  report({
    file: 'larger-than-memory',
    title: `${profiles.toLocaleString('en-US')} profiles of ${bytes} bytes, --state-memory ${memory}`,
    circumstances: `RocksDB, exactly once, ${log === 'true' ? 'with' : 'without'} a change log, embedded broker beside it, ${right.toLocaleString('en-US')} results compared`,
    columns: ['on disk, GB', 'first time, records/s', 'changed, records/s', 'peak memory, MiB'],
    rows: [rowOf([(disk / 1e9).toFixed(1), Math.round(load), Math.round(change), peak])],
  })
}

async function allSeen(): Promise<void> {
  const endMs = performance.now() + patienceMs
  while (!chains.areAllSeen && performance.now() < endMs) await delay(50)
  // What came twice would come behind the others.
  await delay(1000)
}

interface Work {
  /** Records that came before. */
  readonly from: number
  readonly count: number
  readonly key: (at: number) => number
  /** Records whose results are committed. */
  readonly progress: () => Promise<number>
}

/** @returns records per second, from the first one sent to the commit of the last one */
async function send({ producer, pid }: Beside, { from, count, key, progress }: Work): Promise<number> {
  await producer.partitionCount('profiles')
  const startMs = performance.now()
  let sent = 0
  let done = 0
  let saidMs = startMs
  while (done < count) {
    const until = Math.min(count, done + aheadMax)
    for (; sent < until && !producer.full; sent++) {
      const at = random.below(noise.length - bytes)
      const number = key(sent)
      const profile = noise.subarray(at, at + bytes)
      chains.send(number, profile)
      append(producer, 'profiles', Buffer.from(`customer-${number}`), profile)
    }
    await delay(5)
    done = Math.max(0, (await progress()) - from)
    if (performance.now() - saidMs < 30_000) continue
    saidMs = performance.now()
    console.log(
      `${done.toLocaleString('en-US')} of ${count.toLocaleString('en-US')}, ${residentMib(pid)} MiB`,
    )
  }
  return count / ((performance.now() - startMs) / 1000)
}

await main()
