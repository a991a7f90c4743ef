import type { StoreKeyIdentity } from './contracts.ts'

const initialCapacity = 16

/**
 * A map by a store's keys. Text has a table of its own with open addressing: a `Map` makes text that was just decoded one with all equal text of
 * the process before it looks, which costs as much as the look. A key and its value stand side by side, their hash apart: places of other
 * keys are passed by, and a key that is not there is found missing, without a look at them.
 */
export class KeyTable<Value> {
  /** Keys that are numbers. */
  readonly #others = new Map<StoreKeyIdentity, Value>()
  /** 0 where a place is free. */
  #hashes = new Int32Array(initialCapacity)
  /** Pairs: the text, its value; undefined where a place is free. */
  #entries: (string | Value | undefined)[] = emptyEntries(initialCapacity)
  #mask = initialCapacity - 1
  #count = 0

  get size(): number {
    return this.#others.size + this.#count
  }

  get(key: StoreKeyIdentity): Value | undefined {
    if (typeof key !== 'string') return this.#others.get(key)
    const at = this.#locate(key, hashText(key))
    return this.#hashes[at] === 0 ? undefined : (this.#entries[at * 2 + 1] as Value)
  }

  set(key: StoreKeyIdentity, value: Value): void {
    if (typeof key !== 'string') {
      this.#others.set(key, value)
      return
    }
    const code = hashText(key)
    const at = this.#locate(key, code)
    const isNew = this.#hashes[at] === 0
    this.#enter(at, key, value, code)
    if (!isNew) return
    this.#count++
    if (this.#count * 2 > this.#mask) this.#resize((this.#mask + 1) * 2)
  }

  delete(key: StoreKeyIdentity): void {
    if (typeof key !== 'string') {
      this.#others.delete(key)
      return
    }
    const at = this.#locate(key, hashText(key))
    if (this.#hashes[at] === 0) return
    this.#close(at)
    this.#count--
    if (this.#mask > initialCapacity && this.#count * 8 < this.#mask) this.#resize((this.#mask + 1) / 2)
  }

  clear(): void {
    this.#others.clear()
    this.#count = 0
    this.#begin(initialCapacity)
  }

  /** Moves up what stands behind a place and would not be found if that were free. */
  #close(place: number): void {
    const mask = this.#mask
    let free = place
    for (let at = (free + 1) & mask; this.#hashes[at] !== 0; at = (at + 1) & mask) {
      const code = this.#hashes[at] as number
      const isPast = ((at - code) & mask) < ((at - free) & mask)
      if (isPast) continue
      this.#enter(free, this.#entries[at * 2] as string, this.#entries[at * 2 + 1] as Value, code)
      free = at
    }
    this.#hashes[free] = 0
    this.#entries[free * 2] = undefined
    this.#entries[free * 2 + 1] = undefined
  }

  #begin(capacity: number): void {
    this.#entries = emptyEntries(capacity)
    this.#hashes = new Int32Array(capacity)
    this.#mask = capacity - 1
  }

  #resize(capacity: number): void {
    const [entries, hashes] = [this.#entries, this.#hashes]
    this.#begin(capacity)
    for (let from = 0; from < hashes.length; from++) {
      const code = hashes[from] as number
      if (code === 0) continue
      this.#enter(this.#free(code), entries[from * 2] as string, entries[from * 2 + 1] as Value, code)
    }
  }

  #enter(at: number, key: string, value: Value, code: number): void {
    this.#entries[at * 2] = key
    this.#entries[at * 2 + 1] = value
    this.#hashes[at] = code
  }

  /** The key's place, or the free place where it would be. */
  #locate(key: string, code: number): number {
    const [entries, hashes, mask] = [this.#entries, this.#hashes, this.#mask]
    for (let at = code & mask; ; at = (at + 1) & mask) {
      const other = hashes[at]
      if (other === 0 || (other === code && entries[at * 2] === key)) return at
    }
  }

  #free(code: number): number {
    let at = code & this.#mask
    while (this.#hashes[at] !== 0) at = (at + 1) & this.#mask
    return at
  }
}

function emptyEntries(capacity: number): undefined[] {
  const entries: undefined[] = []
  // An array that is filled at once is made many times faster than one that grows.
  entries.length = capacity * 2
  return entries.fill(undefined)
}

export function hashText(text: string): number {
  let code = 0
  for (let at = 0; at < text.length; at++) code = Math.imul(code ^ text.charCodeAt(at), 0x5bd1e995)
  code ^= code >>> 15
  code = Math.imul(code, 0x2c1b3c6d)
  code ^= code >>> 13
  return code === 0 ? 1 : code
}
