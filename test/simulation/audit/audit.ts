/**
 * What must hold in every case, recomputed in a few naive lines that share nothing with the engine. What must come out of a
 * topology is said beside it, in `cases/`.
 */
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { SimulationCase } from '../cases/case.ts'
import type { CommittedPosition, Evidence, StoreEvidence } from './evidence.ts'

const findingsMax = 12
const findingCharactersMax = 240

/** @returns what is wrong, empty if nothing; of many findings the first, of long ones the beginning */
export function audit(simulated: SimulationCase, evidence: Evidence): string[] {
  const findings = auditAll(simulated, evidence)
  const shown = findings.slice(0, findingsMax).map((finding) => finding.slice(0, findingCharactersMax))
  const more = findings.length - shown.length
  return more === 0 ? shown : [...shown, `and ${more} more`]
}

function auditAll(simulated: SimulationCase, evidence: Evidence): string[] {
  return [
    ...simulated.audit(evidence),
    ...evidence.stores.flatMap((store) => auditStore(store, evidence)),
    ...evidence.committed.flatMap((position) => auditCommitted(position, evidence)),
    ...evidence.openPartitions.map((partition) => `a transaction is open on ${partition}`),
  ]
}

/** A store equals the replay of its change log up to its position; at rest there is nothing behind that. */
function auditStore(store: StoreEvidence, evidence: Evidence): string[] {
  const { changeLog, position, where } = store
  const log = evidence.read(changeLog.topic).filter(({ partition }) => partition === changeLog.partition)
  const replayed = new Map<string, Buffer>()
  for (const record of log) {
    if (record.offset >= position || record.keyBytes === null) continue
    const key = record.keyBytes.toString('latin1')
    if (record.value === null) replayed.delete(key)
    else replayed.set(key, store.timestamped ? withTime(record, record.value) : record.value)
  }
  const differing = [...new Set([...replayed.keys(), ...store.entries.keys()])].filter(
    (key) => Buffer.compare(replayed.get(key) ?? nothing, store.entries.get(key) ?? nothing) !== 0,
  )
  const behind = store.whole ? log.filter(({ offset }) => offset >= position).length : 0
  return [
    ...differing.map(
      (key) =>
        `${where}: "${key}" is ${show(store.entries.get(key))}, but ${show(replayed.get(key))} in ${changeLog.topic}-${changeLog.partition} before ${position}`,
    ),
    ...(behind === 0 ? [] : [`${where}: is ${behind} records behind its change log`]),
  ]
}

const nothing = Buffer.alloc(0)

function withTime({ timestampMs }: ReadRecord, value: Buffer): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigInt64BE(BigInt(timestampMs))
  return Buffer.concat([time, value])
}

function show(bytes: Buffer | undefined): string {
  return bytes === undefined ? 'absent' : bytes.toString('latin1').replaceAll(/[^ -~]/g, '.')
}

/** Stream time never goes back: what a commit says is no less than the time of any record before it. And nothing is left over. */
function auditCommitted(
  { topic, partition, offset, metadata }: CommittedPosition,
  evidence: Evidence,
): string[] {
  const records = evidence.read(topic).filter((record) => record.partition === partition)
  const latestMs = Math.max(
    -1,
    ...records.filter((record) => record.offset < offset).map(({ timestampMs }) => timestampMs),
  )
  const saidMs = Number(Buffer.from(metadata, 'base64').readBigInt64BE(1))
  const place = `${topic}-${partition}`
  const left = records.filter((record) => record.offset >= offset).length
  return [
    ...(saidMs >= latestMs
      ? []
      : [`stream time of ${place} went back: ${saidMs} was committed after ${latestMs}`]),
    ...(left === 0 ? [] : [`${left} records of ${place} were never processed: ${offset} is committed`]),
  ]
}
