/**
 * Entries in memory: byte tables outside the JavaScript heap, so that many millions of them cost the garbage collector nothing.
 *
 * Look-ups go by hash. Order is made when a range is asked for the first time and kept from then on. Memory: 16 bytes and the padding to 8 an
 * entry, 8 bytes a slot at a load of at most 0.7, 4 to 8 bytes where there is order, garbage at most half of what lives or one chunk.
 */
import { assert } from '../../base/assert.ts'
import type { EngineEntry, ScanOptions } from '../contracts.ts'
import { hashBytes } from '../hash-bytes.ts'
import { ByteArena } from './byte-arena.ts'
import { HashIndex } from './hash-index.ts'
import { SortedAddresses } from './sorted-addresses.ts'

export class MemoryTable {
  readonly #arena = new ByteArena()
  readonly #index = new HashIndex(this.#arena)
  #order: SortedAddresses | undefined
  #changes = 0

  get sizeBytes(): number {
    return this.#arena.allocatedBytes + this.#index.sizeBytes + (this.#order?.sizeBytes ?? 0)
  }

  get entryCount(): number {
    return this.#index.count
  }

  get(key: Buffer): Buffer | undefined {
    const slot = this.#index.find(hashBytes(key), key)
    return slot < 0 ? undefined : this.#arena.value(this.#index.address(slot))
  }

  put(key: Buffer, value: Buffer): void {
    this.#changes++
    const hash = hashBytes(key)
    const slot = this.#index.find(hash, key)
    if (slot < 0) {
      const address = this.#arena.add(hash, key, value)
      this.#index.add(hash, address)
      this.#order?.insert(address, key)
      return
    }
    const address = this.#index.address(slot)
    if (this.#arena.replaceValue(address, value)) return
    const moved = this.#arena.add(hash, key, value)
    this.#index.setAddress(slot, moved)
    this.#order?.replace(moved, key)
    this.#arena.release(address)
  }

  delete(key: Buffer): void {
    const slot = this.#index.find(hashBytes(key), key)
    if (slot < 0) return
    this.#changes++
    this.#order?.remove(key)
    this.#arena.release(this.#index.address(slot))
    this.#index.remove(slot)
  }

  /** To be called after a batch of writes. */
  collectGarbage(): void {
    for (let worst = this.#arena.worstChunk(); worst !== undefined; worst = this.#arena.worstChunk()) {
      this.#changes++
      this.#arena.emptyChunk(worst, (from, to) => {
        this.#index.move(from, to)
        this.#order?.replace(to, this.#arena.key(to))
      })
    }
  }

  *range(
    from: Buffer | undefined,
    to: Buffer | undefined,
    options: ScanOptions | undefined,
  ): Generator<EngineEntry> {
    const order = (this.#order ??= this.#sort())
    const changes = this.#changes
    if (from !== undefined && to !== undefined && from.compare(to) >= 0) return
    const end = to === undefined ? undefined : order.here(order.seek(to))
    if (options?.reverse === true) {
      yield* this.#backwards(order, from, to)
      return
    }
    const cursor = order.seek(from)
    for (let address = order.here(cursor); address !== undefined; address = order.here(cursor)) {
      if (address === end) return
      yield this.#entry(address)
      assert(this.#changes === changes, 'a store was written during an iteration')
      cursor.at++
    }
  }

  *#backwards(
    order: SortedAddresses,
    from: Buffer | undefined,
    to: Buffer | undefined,
  ): Generator<EngineEntry> {
    const changes = this.#changes
    const cursor = to === undefined ? order.end() : order.seek(to)
    for (let address = order.before(cursor); address !== undefined; address = order.before(cursor)) {
      if (from !== undefined && this.#arena.compareKey(address, from) < 0) return
      yield this.#entry(address)
      assert(this.#changes === changes, 'a store was written during an iteration')
    }
  }

  #entry(address: number): EngineEntry {
    return { key: this.#arena.key(address), value: this.#arena.value(address) }
  }

  #sort(): SortedAddresses {
    const arena = this.#arena
    const sorted = this.#index.addresses().sort((left, right) => arena.compareKeys(left, right))
    return new SortedAddresses(sorted, (address, key) => arena.compareKey(address, key))
  }
}
