/**
 * A store equals the replay of its change log up to its position, less what has expired, and less what was put again behind it where engines
 * lag; at rest there is nothing behind that.
 */
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { Evidence, StoreEvidence } from './evidence.ts'

/** What the replay comes to. */
interface Replayed {
  readonly entries: ReadonlyMap<string, Buffer>
  /** Whether an entry may be gone, since stream time has passed it. */
  readonly isExpired: (key: string) => boolean
  /** Whether an entry had this value at some time. */
  readonly wasOnce: (key: string, value: Buffer) => boolean
}

export function auditStore(store: StoreEvidence, evidence: Evidence): string[] {
  const { changeLog, position, where } = store
  const log = evidence.read(changeLog.topic).filter(({ partition }) => partition === changeLog.partition)
  const before = log.filter(({ offset, keyBytes }) => offset < position && keyBytes !== null)
  const { entries, isExpired, wasOnce } =
    store.kind === 'versioned' ? replayVersions(before, store) : replay(before, store)
  // What stood here before the position is gone where the log was compacted behind it: nobody can say what it was. Versions stay.
  const behind = log.filter(({ offset }) => offset >= position)
  const isCompacted = evidence.compacted && store.kind !== 'versioned'
  const isOld = isCompacted && store.takenMs < evidence.deletionsFromMs
  const putAgain = new Set(behind.map(textOf))
  const isGone = isCompacted ? replay(log, store).isExpired : isExpired
  const wasBefore = (found: Buffer | undefined, key: string): boolean =>
    found === undefined || wasOnce(key, found)
  const differing = [...new Set([...entries.keys(), ...store.entries.keys()])].filter((key) => {
    const [wanted, found] = [entries.get(key), store.entries.get(key)]
    if (putAgain.has(key) && (isCompacted || (store.lags && wasBefore(found, key)))) return false
    // A deletion behind it, and what it deleted, may have been compacted away since.
    if (isOld && found !== undefined && wanted === undefined) return false
    if (store.kind === 'versioned' && found?.length === 1 && found[0] === 0) return false
    // Neither it nor what became of it need be written: no reader gets to see it.
    if (isGone(key) && (isCompacted || wasBefore(found, key))) return false
    return Buffer.compare(wanted ?? nothing, found ?? nothing) !== 0
  })
  const latestMs = Math.max(
    -1,
    ...log.map(({ keyBytes }) => timeIn(keyBytes?.toString('latin1') ?? '', store)),
  )
  const isAhead = isByTime(store) && store.streamTimeMs > latestMs
  return [
    ...(isAhead
      ? [`${where}: is told of ${store.streamTimeMs}, and its change log comes to ${latestMs}`]
      : []),
    ...differing.map(
      (key) =>
        `${where}: "${shown(Buffer.from(key, 'latin1'))}" is ${show(store.entries.get(key))}, but ${show(entries.get(key))} in ${changeLog.topic}-${changeLog.partition} before ${position}`,
    ),
    ...(!store.whole || behind.length === 0
      ? []
      : [`${where}: is ${behind.length} records behind its change log`]),
  ]
}

const nothing = Buffer.alloc(0)
/** Before each value of a history; a single 0 says that there was none. */
const aVersion = Buffer.from([1])
/** Where the time stands that entries expire by: from the end of a key, a window's start or a session's end. */
const timeAt = { window: 12, session: 16, versioned: 16 }

type ByTime = StoreEvidence & { readonly kind: 'window' | 'session' }

function isByTime(store: StoreEvidence): store is ByTime {
  return store.kind === 'window' || store.kind === 'session'
}

/** What an entry expires by; infinite where it does not. */
function timeIn(key: string, store: StoreEvidence): number {
  return isByTime(store) ? readTime(key, timeAt[store.kind]) : Infinity
}

function replay(log: readonly ReadRecord[], store: StoreEvidence): Replayed {
  const { kind, timestamped, retentionMs } = store
  const entries = new Map<string, Buffer>()
  /** Of entries that expire. */
  const times = new Map<string, number>()
  const values = new Map<string, Set<string>>()
  let timeMs = isByTime(store) ? store.streamTimeMs : -Infinity
  for (const record of log) {
    const key = textOf(record)
    const ownMs = isByTime(store) ? timeIn(key, store) : record.timestampMs
    if (kind !== 'key-value') times.set(key, ownMs)
    timeMs = Math.max(timeMs, ownMs)
    if (record.value === null) {
      entries.delete(key)
      continue
    }
    const value = timestamped ? withTime(record.timestampMs, record.value) : record.value
    entries.set(key, value)
    values.set(key, (values.get(key) ?? new Set<string>()).add(value.toString('latin1')))
  }
  return {
    entries,
    isExpired: (key) => (times.get(key) ?? Infinity) <= timeMs - retentionMs,
    wasOnce: (key, value) => values.get(key)?.has(value.toString('latin1')) === true,
  }
}

interface Version {
  readonly timestampMs: number
  readonly value: Buffer | null
}

/**
 * The newest version stands by its key, its time before its value; those before it by key, end and start. What a history says of times
 * without a row is left out: a gap says the same.
 */
function replayVersions(log: readonly ReadRecord[], { retentionMs }: StoreEvidence): Replayed {
  const versions = new Map<string, Map<number, Version>>()
  let timeMs = -Infinity
  for (const record of log) {
    const { timestampMs, value } = record
    timeMs = Math.max(timeMs, timestampMs)
    if (timestampMs < timeMs - retentionMs) continue
    const key = textOf(record)
    versions.set(
      key,
      (versions.get(key) ?? new Map<number, Version>()).set(timestampMs, { timestampMs, value }),
    )
  }
  const entries = new Map<string, Buffer>()
  for (const [key, byTime] of versions) {
    const sorted = [...byTime.values()].toSorted((a, b) => a.timestampMs - b.timestampMs)
    for (const [index, { timestampMs, value }] of sorted.entries()) {
      const next = sorted[index + 1]
      if (next === undefined && value !== null) entries.set(newestKey(key), withTime(timestampMs, value))
      else if (next !== undefined && value !== null)
        entries.set(historyKey(key, next.timestampMs, timestampMs), Buffer.concat([aVersion, value]))
    }
  }
  const isExpired = (key: string): boolean =>
    !key.startsWith(newestKey('')) && readTime(key, timeAt.versioned) <= timeMs - retentionMs
  return { entries, isExpired, wasOnce: () => true }
}

/** As {@link StoreEvidence.entries} name the newest version of a versioned store. */
export function newestKey(key: string): string {
  return `newest ${key}`
}

function historyKey(key: string, endMs: number, startMs: number): string {
  return key + withTime(endMs, withTime(startMs, nothing)).toString('latin1')
}

function textOf({ keyBytes }: ReadRecord): string {
  return keyBytes?.toString('latin1') ?? ''
}

function readTime(key: string, fromEnd: number): number {
  const bytes = Buffer.from(key, 'latin1')
  return bytes.length < fromEnd ? Infinity : Number(bytes.readBigInt64BE(bytes.length - fromEnd))
}

function withTime(timestampMs: number, value: Buffer): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigInt64BE(BigInt(timestampMs))
  return Buffer.concat([time, value])
}

function show(bytes: Buffer | undefined): string {
  return bytes === undefined ? 'absent' : shown(bytes)
}

function shown(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/[^ -~]/g, '.')
}
