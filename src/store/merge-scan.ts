import type { EngineEntry, ScanOptions } from './contracts.ts'

/** A slot of an overlay that hides what the engine has for the same key; a null value: deleted. */
export interface DirtyEntry<S> {
  readonly key: Buffer
  readonly slot: S
}

/**
 * What engine and overlay hold together, in the order of the engine's keys or backwards.
 *
 * @param engine - in that order
 * @param dirty - in any order; is sorted
 */
export function* mergeScan<S extends { readonly value: unknown }>(
  engine: Iterable<EngineEntry>,
  dirty: DirtyEntry<S>[],
  options: ScanOptions | undefined,
): Generator<EngineEntry | S> {
  const sign = options?.reverse === true ? -1 : 1
  dirty.sort((left, right) => sign * left.key.compare(right.key))
  let next = 0
  for (const clean of engine) {
    let hidden = false
    for (let entry = dirty[next]; entry !== undefined; entry = dirty[++next]) {
      const order = sign * entry.key.compare(clean.key)
      if (order > 0) break
      if (order === 0) hidden = true
      if (entry.slot.value !== null) yield entry.slot
    }
    if (!hidden) yield clean
  }
  for (const { slot } of dirty.slice(next)) if (slot.value !== null) yield slot
}
