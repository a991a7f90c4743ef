import type { DiskContent } from '../../src/testing/simulated-disk.ts'
import type { StoreSpec, Topology } from '../../src/topology/topology.ts'
import type { StoreEvidence } from './audit/evidence.ts'
import { newestKey } from './audit/stores.ts'
import { changeLogOf } from './expected-inputs.ts'
import type { Place } from './places.ts'

/** In front of each key of a store that goes by time: the number of its bucket. */
const bucketBytes = 8
/** No bucket has such a number: what a store keeps for itself, and the newest versions. */
const ownKey = '\u007F\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FE'
const newestPrefix = '\u007F\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF'

/** Their engines lag behind what is committed, until they are closed. */
const writtenLate: ReadonlySet<StoreSpec['kind']> = new Set(['window', 'session', 'list'])

export interface Look {
  /** `at rest`, `when killed at 12345` */
  readonly when: string
  readonly takenMs: number
  /** `p1 0_1`: tasks that run, and must have everything. */
  readonly running: ReadonlySet<string>
  /** Their processes have ended in order since: what engines lagged behind is written, too. */
  readonly ended: boolean
}

/** What stands on a process's disk, store by store. */
export function evidenceOn(
  { processId, disk }: Place,
  topology: Topology,
  { when, takenMs, running, ended }: Look,
): StoreEvidence[] {
  return (disk?.contents() ?? []).flatMap(({ place: { task, store }, content }) => {
    const spec = topology.stores.find(({ name }) => name === store)
    if (content.position === undefined || spec === undefined) return []
    return {
      where: `${processId}, task ${task}, store "${store}" ${when}`,
      takenMs,
      changeLog: { topic: changeLogOf(topology, store), partition: Number(task.split('_')[1]) },
      kind: evidenceKind(spec),
      retentionMs: retentionOf(spec),
      timestamped: 'timestamped' in spec && spec.timestamped,
      entries: evidenceKind(spec) === 'key-value' ? content.entries : withoutBuckets(content),
      streamTimeMs: streamTimeOf(content),
      position: content.position.offset,
      lags: writtenLate.has(spec.kind),
      whole: running.has(`${processId} ${task}`) && (ended || !writtenLate.has(spec.kind)),
    }
  })
}

/** An operator's list is no other thing on disk than any store of keys. */
function evidenceKind(spec: StoreSpec): StoreEvidence['kind'] {
  if (spec.kind === 'list') return 'key-value'
  return spec.kind === 'key-value' && spec.timeToLiveMs !== undefined ? 'expiring' : spec.kind
}

function retentionOf(spec: StoreSpec): number {
  if (spec.kind === 'list') return Infinity
  if (spec.kind === 'key-value') return spec.timeToLiveMs ?? Infinity
  return spec.kind === 'versioned' ? spec.historyRetentionMs : spec.retentionMs
}

function streamTimeOf({ entries }: DiskContent): number {
  return Number(entries.get(ownKey)?.readBigInt64BE(0) ?? -1)
}

function withoutBuckets({ entries }: DiskContent): ReadonlyMap<string, Buffer> {
  return new Map(
    [...entries]
      .filter(([key]) => key !== ownKey)
      .map(([key, value]) => {
        const name = key.slice(bucketBytes)
        return [key.startsWith(newestPrefix) ? newestKey(name) : name, value]
      }),
  )
}
