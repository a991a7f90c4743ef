import { createHash } from 'node:crypto'
import type { CommittedOffset } from '../../kafka/contracts.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import { decodeOperatorTimes, type NamedTimes } from './offset-metadata.ts'

const storesMarkName = '*stores'
const repartitionsMarkName = '*repartitions'
/** No operator has such a name. */
export const markNames: readonly string[] = [storesMarkName, repartitionsMarkName]
/** As many as a number holds exactly. */
const markBytes = 6

/**
 * What committed offsets say of the stores that count on them: which change logs there were. Where one is missing later, that tells one that was
 * deleted from one that the definition has not had before. It stands among the times of operators: whoever reads those passes over it.
 *
 * @param stores - of one sub-topology
 * @returns none where no store has a change log of its own
 */
export function storesMark(stores: readonly Pick<StoreSpec, 'name' | 'logging'>[]): NamedTimes {
  return mark(
    storesMarkName,
    stores.filter(({ logging }) => logging === 'own').map(({ name }) => name),
  )
}

/**
 * The same of repartition topics that a sub-topology has: those that it writes hold what the offsets count as processed. Offsets in
 * the topic itself would tell nothing, as Kafka deletes them with it.
 */
export function repartitionsMark(repartitions: readonly string[]): NamedTimes {
  return mark(repartitionsMarkName, repartitions)
}

/** Without the application id. @param nodes - of one sub-topology */
export function repartitionsOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => (node.kind === 'repartition' ? [node.topic] : []))
}

function mark(name: string, topics: readonly string[]): NamedTimes {
  if (topics.length === 0) return []
  const digest = createHash('sha256').update(JSON.stringify(topics.toSorted())).digest()
  return [[name, digest.readUIntBE(0, markBytes)]]
}

/** Whether an offset was committed by a task with exactly these. */
export function isMarkedBy(offset: Pick<CommittedOffset, 'metadata'>, mark: NamedTimes): boolean {
  const found = new Map(decodeOperatorTimes(offset))
  return mark.length > 0 && mark.every(([name, value]) => found.get(name) === value)
}
