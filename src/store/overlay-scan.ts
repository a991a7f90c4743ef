import { ByteWriter } from '../base/byte-writer.ts'
import type { EngineEntry, OrderedStore } from './contracts.ts'
import { mergeScan, type DirtyEntry } from './merge-scan.ts'
import type { Overlay } from './overlay.ts'
import { fillSlot, Slot } from './slot.ts'

/**
 * The entries of engine and overlay together, in unsigned byte order of their keys; both bounds included, undefined: open.
 * What is written while somebody iterates may or may not be seen.
 */
export function* scanOverlay(
  overlay: Overlay,
  engine: Pick<OrderedStore, 'range'>,
  bounds: { readonly from: Buffer | undefined; readonly to: Buffer | undefined },
): Generator<Slot> {
  const { from, to } = bounds
  const clean = engine.range(from, to && justAfter(to))
  for (const entry of mergeScan(clean, dirtyEntries(overlay, from, to), undefined)) {
    yield entry instanceof Slot ? entry : cleanSlot(overlay, entry)
  }
}

function cleanSlot(overlay: Overlay, { key, value }: EngineEntry): Slot {
  const { keys, values } = overlay.coding
  const slot = new Slot(keys.fromBytes(key))
  fillSlot(slot, value, values)
  return slot
}

function dirtyEntries(
  overlay: Overlay,
  from: Buffer | undefined,
  to: Buffer | undefined,
): DirtyEntry<Slot>[] {
  const writer = new ByteWriter(64)
  const entries: DirtyEntry<Slot>[] = []
  for (const slot of overlay.dirtySlots()) {
    writer.reset()
    overlay.coding.keys.write(slot.identity, writer)
    const key = writer.view()
    if ((from !== undefined && key.compare(from) < 0) || (to !== undefined && key.compare(to) > 0)) continue
    entries.push({ key: Buffer.from(key), slot })
  }
  return entries
}

function justAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)])
}
