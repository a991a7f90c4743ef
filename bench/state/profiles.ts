/**
 * Question: what do millions of profiles of 150 bytes cost as a dimension, to load and to look up, in each engine?
 * Budget: 10 million in under 3 GB in memory and under 2 GB with RocksDB; a look-up in memory has p99 under 5 µs.
 *
 *     node bench/state/profiles.ts [engine=memory|rocksdb|sqlite] [profiles=10000000] [budget=512] [size=smoke]
 *
 * Profiles are restored as change-log records, 10,000 a batch, in random order of their keys; then random keys are looked up through the
 * store's facade, with 200,000 decoded entries at most. Memory is the process's peak, native memory included.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MetricRegistry } from '../../src/base/metrics.ts'
import { seededRandom } from '../../src/base/random.ts'
import type { Format } from '../../src/data/types.ts'
import { serdeFor } from '../../src/serde/plain-serde.ts'
import { openStore } from '../../src/store/open-store.ts'
import { ProcessEngines, type EngineKind } from '../../src/store/state-engines.ts'
import { given, numberGiven, ofSize } from '../settings.ts'

const kind = given.get('engine') ?? 'memory'
const count = numberGiven('profiles', 20_000, 10_000_000)
const batchSize = 10_000
const lookUps = ofSize(20_000, 1_000_000)
const text: Format = { notation: 'binary', type: { kind: 'string' } }
const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }
const place = { task: '0_0', store: 'profiles' }

const folder = mkdtempSync(join(tmpdir(), 'weft-profiles-'))
const settings = { folder, budgetBytes: numberGiven('budget', 64, 512) * 1_048_576 }
const openEngines = () => ProcessEngines.open({ kind: kind as EngineKind, ...settings })
let engines = kind === 'memory' ? undefined : await openEngines()

function open() {
  return openStore({
    spec: {
      name: 'profiles',
      kind: 'key-value',
      key: text,
      timestamped: true,
      persistent: kind !== 'memory',
      caching: false,
      logging: 'none',
    },
    keySerde: serdeFor(text),
    valueSerde: serdeFor(bytes),
    changeLog: undefined,
    metrics: new MetricRegistry(),
    ...(engines === undefined ? {} : { engine: engines.forThread(0).open(place) }),
  })
}

let { managed, store } = open()
/** A stride that shares no factor with the count visits every key once, in no order. */
const stride = 7_919_317
const value = Buffer.alloc(150, 'profile ')
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const loadStart = performance.now()
const loadCpu = cpuSeconds()
for (let from = 0; from < count; from += batchSize) {
  const entries = Array.from({ length: Math.min(batchSize, count - from) }, (_, index) => ({
    key: Buffer.from(`customer-${((from + index) * stride) % count}`),
    value,
    timestampMs: from,
  }))
  managed.restore({
    entries,
    position: { topicId: 't', offset: from, leaderEpoch: 0, committedAtMs: 0 },
  })
}
const loadSeconds = (performance.now() - loadStart) / 1000
const perRecord = (seconds: number): string => ((seconds / count) * 1e6).toFixed(2)
console.log(
  `restored ${Math.round(count / loadSeconds).toLocaleString('en')} records/s, ${perRecord(loadSeconds)} µs each, CPU ${perRecord(cpuSeconds() - loadCpu)} µs each`,
)

if (engines !== undefined) {
  managed.close()
  await engines.close()
  const start = performance.now()
  engines = await openEngines()
  ;({ managed, store } = open())
  console.log(
    `opened again in ${Math.round(performance.now() - start)} ms, about ${managed.entryCount.toLocaleString('en')} entries`,
  )
}

const random = seededRandom(5)
/** Percentiles of the median stretch leave out what others do on the machine now and then; those of all look-ups leave out nothing. */
const stretch = 2000
const sorted: Float64Array[] = []
let found = 0
const lookCpu = cpuSeconds()
for (let from = 0; from < lookUps; from += stretch) {
  const times = new Float64Array(stretch)
  for (let turn = 0; turn < stretch; turn++) {
    const key = `customer-${random.below(count)}`
    const start = performance.now()
    if (store.get(key) !== undefined) found++
    times[turn] = (performance.now() - start) * 1000
  }
  sorted.push(times.sort())
}
const perLookUp = (((cpuSeconds() - lookCpu) / lookUps) * 1e6).toFixed(2)
const at = (share: number): string => {
  const each = sorted.map((times) => times[Math.floor(stretch * share)] as number).sort((a, b) => a - b)
  return (each[each.length >> 1] as number).toFixed(2)
}
const all = Float64Array.from(sorted.flatMap((times) => [...times])).sort()
const ofAll = (share: number): string => (all[Math.floor(lookUps * share)] as number).toFixed(2)
console.log(
  `look-up p50 ${at(0.5)} µs, p99 ${at(0.99)} µs in the median stretch; p50 ${ofAll(0.5)} µs, p99 ${ofAll(0.99)} µs of all; CPU ${perLookUp} µs with the key made; found ${found} of ${lookUps}`,
)
const { rss, heapUsed } = process.memoryUsage()
const mebibytes = (size: number): number => Math.round(size / 1_048_576)
console.log(
  `peak ${mebibytes(process.resourceUsage().maxRSS * 1024)} MiB, now ${mebibytes(rss)} MiB, heap ${mebibytes(heapUsed)} MiB, engine ${mebibytes(engines?.memoryBytes ?? managed.sizeBytes)} MiB`,
)
managed.close()
await engines?.close()
rmSync(folder, { recursive: true, force: true })
if (found !== lookUps) throw new Error(`${lookUps - found} of ${lookUps} were not found`)
