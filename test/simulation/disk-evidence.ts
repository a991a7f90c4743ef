import type { DiskContent } from '../../src/testing/simulated-disk.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { StoreEvidence } from './audit/evidence.ts'
import { changeLogOf } from './expected-inputs.ts'
import type { Place } from './places.ts'

/** In front of each key of a store that goes by time: the number of its bucket. */
const bucketBytes = 8
/** No bucket has such a number: what a store keeps for itself. */
const ownKeys = '\u007F\u00FF\u00FF\u00FF'

export interface Look {
  /** `at rest`, `when killed at 12345` */
  readonly when: string
  /** `p1 0_1`: tasks that run, and must have everything. */
  readonly running: ReadonlySet<string>
}

/** What stands on a process's disk, store by store. */
export function evidenceOn(
  { processId, disk }: Place,
  topology: Topology,
  { when, running }: Look,
): StoreEvidence[] {
  return (disk?.contents() ?? []).flatMap(({ place: { task, store }, content }) => {
    const spec = topology.stores.find(({ name }) => name === store)
    if (content.position === undefined || spec === undefined) return []
    return {
      where: `${processId}, task ${task}, store "${store}" ${when}`,
      changeLog: { topic: changeLogOf(topology, store), partition: Number(task.split('_')[1]) },
      timestamped: 'timestamped' in spec && spec.timestamped,
      entries: spec.kind === 'key-value' ? content.entries : withoutBuckets(content),
      position: content.position.offset,
      whole: running.has(`${processId} ${task}`),
    }
  })
}

function withoutBuckets({ entries }: DiskContent): ReadonlyMap<string, Buffer> {
  const own = [...entries].filter(([key]) => !key.startsWith(ownKeys))
  return new Map(own.map(([key, value]) => [key.slice(bucketBytes), value]))
}
