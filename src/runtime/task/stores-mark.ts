import { createHash } from 'node:crypto'
import type { CommittedOffset } from '../../kafka/contracts.ts'
import type { StoreSpec } from '../../topology/topology.ts'
import { decodeOperatorTimes, type NamedTimes } from './offset-metadata.ts'

/** No operator has such a name. */
export const storesMarkName = '*stores'
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
  const names = stores.filter(({ logging }) => logging === 'own').map(({ name }) => name)
  if (names.length === 0) return []
  const digest = createHash('sha256').update(JSON.stringify(names.toSorted())).digest()
  return [[storesMarkName, digest.readUIntBE(0, markBytes)]]
}

/** Whether an offset was committed by a task with exactly these stores. */
export function isMarkedBy(offset: Pick<CommittedOffset, 'metadata'>, mark: NamedTimes): boolean {
  const found = new Map(decodeOperatorTimes(offset))
  return mark.length > 0 && mark.every(([name, value]) => found.get(name) === value)
}
