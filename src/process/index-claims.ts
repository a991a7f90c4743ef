import type { OrderedStore, PointStore } from '../store/contracts.ts'
import { memoryEngine } from '../store/open-store.ts'

/** The rows that are looked up, by the value of the index. */
export interface IndexedRows extends Pick<PointStore, 'get'> {
  /** `null` removes. */
  set(value: Buffer, row: Buffer | null): void
}

/**
 * Which row a value of an index has, where record keys and values of the index are two things.
 *
 * Model: each record key claims the value that its newest row has, and the row of the newest claim is the one that is looked up. A claim
 * ends when its key moves to another value or is deleted; its value then goes back to the newest of the other claims.
 *
 * A key that reads as its value does, as in a topic that is keyed by the joined column, claims nothing while it is alone: its row is there,
 * or it is not. It gets a claim when another key claims its value, too.
 *
 * Memory: for each claim, the key and twice the value; besides, the row of each claim that is not its value's newest.
 */
export class IndexClaims {
  readonly #rows: IndexedRows
  readonly #valueOf: (key: Buffer) => Buffer | undefined
  /** Record key → its claim. */
  readonly #byKey: OrderedStore = memoryEngine()
  /** Claim → the row; nothing for the newest claim of its value. A claim is its value's length, the value and a number that grows. */
  readonly #claims: OrderedStore = memoryEngine()
  #made = 0

  /** @param valueOf - the value that a key reads as; undefined where it is none */
  constructor(rows: IndexedRows, valueOf: (key: Buffer) => Buffer | undefined) {
    this.#rows = rows
    this.#valueOf = valueOf
  }

  get sizeBytes(): number {
    return this.#byKey.sizeBytes + this.#claims.sizeBytes
  }

  /** The newest row of a key. */
  put(key: Buffer, value: Buffer, row: Buffer): void {
    if (!this.#has(key, value)) {
      this.remove(key)
      this.#claim(key, value)
    }
    this.#rows.set(value, row)
  }

  /** The key has no row any more. */
  remove(key: Buffer): void {
    const claim = this.#claimOf(key)
    if (claim !== undefined) return this.#release(key, claim)
    const value = this.#valueOf(key)
    if (value !== undefined && this.#newest(value) === undefined) this.#rows.set(value, null)
  }

  /** Whether the row of a value is this key's already. */
  #has(key: Buffer, value: Buffer): boolean {
    const newest = this.#newest(value)
    if (newest !== undefined) return this.#claimOf(key)?.equals(newest) === true
    return this.#claimOf(key) === undefined && this.#valueOf(key)?.equals(value) === true
  }

  #claim(key: Buffer, value: Buffer): void {
    const newest = this.#newest(value)
    const row = this.#rows.get(value)
    if (newest !== undefined) put(this.#claims, newest, row ?? nothing)
    // Only a key that reads as the value has its row without a claim.
    else if (row !== undefined) this.#add(value.subarray(1), value, row)
    this.#add(key, value, nothing)
  }

  #add(key: Buffer, value: Buffer, row: Buffer): void {
    const claim = claimOn(value, ++this.#made)
    put(this.#claims, claim, row)
    put(this.#byKey, key, claim)
  }

  #release(key: Buffer, claim: Buffer): void {
    const value = claim.subarray(lengthBytes, claim.length - numberBytes)
    const wasNewest = this.#newest(value)?.equals(claim) === true
    put(this.#claims, claim, null)
    put(this.#byKey, key, null)
    if (!wasNewest) return
    const next = this.#newest(value)
    this.#rows.set(value, next === undefined ? null : (this.#claims.get(next) ?? nothing))
    if (next !== undefined) put(this.#claims, next, nothing)
  }

  #claimOf(key: Buffer): Buffer | undefined {
    return this.#byKey.entryCount === 0 ? undefined : owned(this.#byKey.get(key))
  }

  #newest(value: Buffer): Buffer | undefined {
    // A value with a claim has a row; the usual row comes for a value that has none.
    if (this.#claims.entryCount === 0 || this.#rows.get(value) === undefined) return undefined
    const range = this.#claims.range(claimOn(value, 0), claimOn(value, numberMax), { reverse: true })
    for (const { key } of range) return owned(key)
    return undefined
  }
}

const nothing = Buffer.alloc(0)
const lengthBytes = 4
const numberBytes = 6
const numberMax = 2 ** (numberBytes * 8) - 1

function claimOn(value: Buffer, number: number): Buffer {
  const claim = Buffer.allocUnsafe(lengthBytes + value.length + numberBytes)
  claim.writeUInt32BE(value.length)
  claim.set(value, lengthBytes)
  claim.writeUIntBE(number, lengthBytes + value.length, numberBytes)
  return claim
}

/** What an engine gives is a view that its next write may change. */
function owned(view: Buffer | undefined): Buffer | undefined {
  return view === undefined ? undefined : Buffer.from(view)
}

function put(store: OrderedStore, key: Buffer, value: Buffer | null): void {
  store.write({ entries: [{ key, value }], position: undefined })
}
