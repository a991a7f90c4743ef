import type { Format } from '../../data/types.ts'
import type { StoreSpec } from '../../topology/topology.ts'

/**
 * What decides the bytes of a store's change log. Retention, time-to-live, caching and versions do not: what they change is built anew
 * from the same log.
 */
export function logFormOf(store: StoreSpec): readonly string[] {
  return [keysOf(store), formOf(store.key), formOf(store.value), store.parts ?? '']
}

function keysOf(store: StoreSpec): string {
  if (store.kind === 'versioned') return 'key-value'
  return store.kind === 'window' && store.retainDuplicates ? 'window with duplicates' : store.kind
}

/** Types of notations with a schema, or names, may grow; those of plain bytes are all that says how to read them. */
function formOf({ notation, type }: Format): string {
  return notation === 'binary' ? `${notation} ${type.kind}` : notation
}
