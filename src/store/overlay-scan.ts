import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { OrderedStore, PointStore } from './contracts.ts'
import type { Overlay } from './overlay.ts'
import type { Slot } from './slot.ts'

interface DirtyEntry {
  readonly key: Buffer
  readonly slot: Slot
}

/**
 * The entries of engine and overlay together, in unsigned byte order of their keys; both bounds included, undefined: open.
 * What is written while somebody iterates may or may not be seen.
 *
 * @throws StreamError `API_NOT_SUPPORTED` where the engine keeps no order
 */
export function* scanOverlay(
  overlay: Overlay,
  from: Buffer | undefined,
  to: Buffer | undefined,
): Generator<readonly [unknown, unknown]> {
  const { keys, values } = overlay.coding
  const dirty = sortedDirty(overlay, from, to)
  let next = 0
  for (const { key, value } of ordered(overlay.engine).range(from, to && justAfter(to))) {
    let hidden = false
    for (let entry = dirty[next]; entry !== undefined; entry = dirty[++next]) {
      const order = entry.key.compare(key)
      if (order > 0) break
      if (order === 0) hidden = true
      if (entry.slot.value !== null) yield [keys.key(entry.slot.identity), entry.slot.value]
    }
    if (!hidden) yield [keys.key(keys.fromBytes(key)), values.read(value)]
  }
  for (const { slot } of dirty.slice(next)) {
    if (slot.value !== null) yield [keys.key(slot.identity), slot.value]
  }
}

function sortedDirty(overlay: Overlay, from: Buffer | undefined, to: Buffer | undefined): DirtyEntry[] {
  const writer = new ByteWriter(64)
  const entries: DirtyEntry[] = []
  for (const slot of overlay.dirtySlots()) {
    writer.reset()
    overlay.coding.keys.write(slot.identity, writer)
    const key = writer.view()
    if ((from !== undefined && key.compare(from) < 0) || (to !== undefined && key.compare(to) > 0)) continue
    entries.push({ key: Buffer.from(key), slot })
  }
  return entries.sort((left, right) => left.key.compare(right.key))
}

function justAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)])
}

function ordered(engine: PointStore): OrderedStore {
  if ('range' in engine) return engine as OrderedStore
  throw new StreamError('API_NOT_SUPPORTED', 'could not list a store whose engine keeps no order')
}
