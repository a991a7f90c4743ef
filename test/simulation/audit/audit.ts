/**
 * What must hold in every case, recomputed in a few naive lines that share nothing with the engine. What must come out of a
 * topology is said beside it, in `cases/`.
 */
import type { SimulationCase } from '../cases/case.ts'
import type { CommittedPosition, Evidence } from './evidence.ts'
import { auditStore } from './stores.ts'

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
