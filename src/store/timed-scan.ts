/** Lists entries of a store by key and time: for users' functions and for queries, not for the path of a record. */
import { ByteWriter } from '../base/byte-writer.ts'
import { bucketPrefix } from './buckets.ts'
import type { EngineEntry, ScanOptions, StoreKeyIdentity, TimeRange } from './contracts.ts'
import { mergeScan, type DirtyEntry } from './merge-scan.ts'
import { Slot } from './slot.ts'
import type { TimedCoding } from './timed-coding.ts'
import { TimedKey, type TimedSlot } from './timed-key.ts'
import type { TimedOverlay } from './timed-overlay.ts'

export interface TimedBounds extends TimeRange {
  /** Encoded keys; both included, undefined: open. */
  readonly keyFrom: Buffer | undefined
  readonly keyTo: Buffer | undefined
}

/** A key's slots in a list of its own, so that what is put meanwhile does no harm. */
export function slotsOf(
  overlay: TimedOverlay,
  key: StoreKeyIdentity,
  times: TimeRange,
  options: ScanOptions | undefined,
): TimedSlot[] {
  const slots: TimedSlot[] = []
  overlay.visit(key, times, (_value, _first, _timestampMs, slot) => slots.push(slot))
  return options?.reverse === true ? slots.toReversed() : slots
}

/** Slots of all keys within bounds: by bucket, in it by key, then by time; or all that backwards. */
export function* scanTimed(
  overlay: TimedOverlay,
  bounds: TimedBounds,
  options: ScanOptions | undefined,
): Generator<TimedSlot> {
  const { coding, engine, buckets } = overlay.options
  const live = { ...bounds, fromMs: Math.max(bounds.fromMs, buckets.liveFromMs) }
  const { from, end } = bucketBounds(coding, live)
  const dirty = dirtyEntries(overlay, live)
  for (const entry of mergeScan(engine.range(from, end, options), dirty, options)) {
    if (entry instanceof Slot) yield entry
    else if (isWithin(coding, live, entry.key)) yield cleanSlot(overlay, entry)
  }
}

function dirtyEntries(overlay: TimedOverlay, bounds: TimedBounds): DirtyEntry<TimedSlot>[] {
  const { coding } = overlay.options
  const writer = new ByteWriter(64)
  const entries: DirtyEntry<TimedSlot>[] = []
  for (const slot of overlay.dirtySlots()) {
    const { first } = slot.identity
    if (first < bounds.fromMs || first > bounds.toMs) continue
    writer.reset()
    coding.write(slot.identity, writer)
    if (isWithin(coding, bounds, writer.view())) entries.push({ key: writer.copy(), slot })
  }
  return entries
}

/** Where the engine's keys of these times begin and end. */
export function bucketBounds(
  coding: TimedCoding,
  { fromMs, toMs }: TimeRange,
): { from: Buffer; end: Buffer } {
  return {
    from: bucketPrefix(coding.bucketOf(fromMs)),
    end: bucketPrefix(coding.bucketOf(Math.min(toMs, Number.MAX_SAFE_INTEGER)) + 1),
  }
}

export function isWithin(coding: TimedCoding, bounds: TimedBounds, engineKey: Buffer): boolean {
  const first = coding.first(engineKey)
  if (first < bounds.fromMs || first > bounds.toMs) return false
  const key = coding.keyPart(engineKey)
  if (bounds.keyFrom !== undefined && key.compare(bounds.keyFrom) < 0) return false
  return bounds.keyTo === undefined || key.compare(bounds.keyTo) <= 0
}

function cleanSlot(overlay: TimedOverlay, { key, value }: EngineEntry): TimedSlot {
  const { coding, values } = overlay.options
  const owner = new TimedKey(coding.keys.fromBytes(coding.keyPart(key)))
  const slot: TimedSlot = new Slot({ owner, first: coding.first(key), second: coding.second(key) })
  slot.value = values.read(value)
  slot.timestampMs = values.timestampMs(value)
  return slot
}
