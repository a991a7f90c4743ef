import { createHash } from 'node:crypto'
import type { CommittedOffset } from '../../kafka/contracts.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import { logFormOf } from './log-form.ts'
import { decodeOperatorTimes, type NamedTimes } from './offset-metadata.ts'

/** Stands before the names of all of these: no operator has such a name. */
const sign = '*'
const repartitionsName = `${sign}repartitions`
/** In each commit of Weft: a store without a mark of its own had no change log then, or was not there at all. */
const storesName = `${sign}stores`
/** As many as a number holds exactly. */
const markBytes = 6

/**
 * What committed offsets say of the stores that count on them: which change logs there were, and what they hold. Where one is missing
 * later, that tells one that was deleted from one that the definition has not had before; where the definition has changed, whether what
 * stands there can be read. It stands among the times of operators: whoever reads those passes over it.
 *
 * @param stores - of one sub-topology
 */
export function storeMarks(stores: readonly StoreSpec[]): NamedTimes {
  const own = stores.filter(({ logging }) => logging === 'own')
  return [
    [storesName, own.length],
    ...own.map((store) => [markName(store.name), digestOf(logFormOf(store))] as const),
  ]
}

/**
 * What a committed offset says of the change log that a store had then: `same` as the definition's, `other`: of another form; `none`: it
 * had none. Undefined: nothing, since it was not Weft that committed.
 */
export function markedLog(
  offset: Pick<CommittedOffset, 'metadata'> | undefined,
  store: StoreSpec,
): 'same' | 'other' | 'none' | undefined {
  const marks = new Map(decodeOperatorTimes(offset))
  const found = marks.get(markName(store.name))
  if (found === undefined) return marks.has(storesName) ? 'none' : undefined
  return found === digestOf(logFormOf(store)) ? 'same' : 'other'
}

/**
 * The same of repartition topics that a sub-topology has: those that it writes hold what the offsets count as processed. Offsets in
 * the topic itself would tell nothing, as Kafka deletes them with it.
 */
export function repartitionsMark(repartitions: readonly string[]): NamedTimes {
  return repartitions.length === 0 ? [] : [[repartitionsName, digestOf(repartitions.toSorted())]]
}

/** Whether an offset was committed by a task with exactly these repartition topics. */
export function hadRepartitions(
  offset: Pick<CommittedOffset, 'metadata'>,
  repartitions: readonly string[],
): boolean {
  const [mark] = repartitionsMark(repartitions)
  return mark !== undefined && new Map(decodeOperatorTimes(offset)).get(repartitionsName) === mark[1]
}

/** Without the application id. @param nodes - of one sub-topology */
export function repartitionsOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => (node.kind === 'repartition' ? [node.topic] : []))
}

/** Short: a broker takes so much metadata and no more. */
function markName(store: string): string {
  return sign + createHash('sha256').update(store).digest('base64url').slice(0, 6)
}

function digestOf(facts: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(facts)).digest().readUIntBE(0, markBytes)
}
