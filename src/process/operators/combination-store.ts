import { asBuffer } from '../../base/as-buffer.ts'
import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { SessionStore } from '../../store/contracts.ts'
import type { CombinationStores } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import {
  readCombination,
  sameRecord,
  timeOf,
  writeCombination,
  type Combination,
  type Lifetimes,
} from './combination.ts'

export interface StoredCombination {
  readonly combination: Combination
  /** At a join with events: whether it has ever found one. At a join with a dimension: whether it is gone, and only its row is remembered. */
  readonly matched: boolean
}

interface CombinationStoreOptions {
  readonly stores: CombinationStores
  readonly env: Pick<ProcessEnvironment, 'sessionStore'>
  readonly scopes: number
  /** The scopes that tell combinations apart: all whose members expire are among them. */
  readonly identity: readonly number[]
  readonly lifetimes: Lifetimes
}

/**
 * Combinations by the key that they are joined on, as long as they live.
 *
 * Model. A session store, for it tells the entries of a key apart by two numbers: as its end, the time by which the combination expires, and
 * as its start a number made of its records' places. The value is a byte, 1 where it is matched, and the combination; combinations whose
 * two numbers are equal by chance stand one after the other. What never expires stands in a store of its own.
 */
export class CombinationStore {
  readonly #options: CombinationStoreOptions
  readonly #expiring: SessionStore | undefined
  readonly #lasting: SessionStore | undefined
  readonly #writer = new ByteWriter()

  constructor(options: CombinationStoreOptions) {
    const { stores, env } = options
    this.#options = options
    this.#expiring = stores.expiring === undefined ? undefined : env.sessionStore(stores.expiring)
    this.#lasting = stores.lasting === undefined ? undefined : env.sessionStore(stores.lasting)
  }

  /** Those that live. */
  of(key: string): readonly StoredCombination[] {
    const found: StoredCombination[] = []
    for (const store of [this.#expiring, this.#lasting])
      for (const { value } of store?.findSessions(key, always) ?? []) this.#read(asBuffer(value), found)
    return found.filter(({ combination }) => this.#options.lifetimes.isLive(combination))
  }

  find(key: string, combination: Combination): StoredCombination | undefined {
    return this.#at(this.#placeOf(key, combination)).find((entry) => this.#same(entry, combination))
  }

  /** In place of the one that it cannot be told from. What has expired is not kept. */
  put(key: string, entry: StoredCombination): void {
    if (!this.#options.lifetimes.isLive(entry.combination)) return
    const place = this.#placeOf(key, entry.combination)
    this.#write(place, [...this.#others(place, entry.combination), entry], timeOf(entry.combination))
  }

  remove(key: string, combination: Combination): void {
    const place = this.#placeOf(key, combination)
    this.#write(place, this.#others(place, combination), timeOf(combination))
  }

  #placeOf(key: string, combination: Combination): Place {
    const { lifetimes, identity } = this.#options
    const endMs = lifetimes.endMs(combination)
    const store = endMs === undefined ? this.#lasting : this.#expiring
    assert(store !== undefined, 'a combination has a lifetime that no store is for')
    const startMs = numberOf(combination, identity)
    const atMs = endMs === undefined ? 0 : expiryTime(endMs, store.retentionMs)
    return { store, key, startMs, endMs: atMs }
  }

  /** One at most, but for chance. */
  #at(place: Place): readonly StoredCombination[] {
    const bytes = place.store.fetchSession(place)
    return bytes === undefined ? [] : this.#read(asBuffer(bytes), [])
  }

  #others(place: Place, combination: Combination): readonly StoredCombination[] {
    return this.#at(place).filter((entry) => !this.#same(entry, combination))
  }

  #write(place: Place, entries: readonly StoredCombination[], timestampMs: number): void {
    const writer = this.#writer
    writer.reset()
    for (const { combination, matched } of entries) {
      writer.writeInt8(matched ? 1 : 0)
      writeCombination(combination, writer)
    }
    place.store.put(place, entries.length === 0 ? null : writer.copy(), timestampMs)
  }

  #read(bytes: Buffer, into: StoredCombination[]): readonly StoredCombination[] {
    for (let at = 0; at < bytes.length;) {
      const matched = bytes[at] === 1
      const { combination, end } = readCombination(bytes, at + 1, this.#options.scopes)
      into.push({ combination, matched })
      at = end
    }
    return into
  }

  #same({ combination }: StoredCombination, other: Combination): boolean {
    return this.#options.identity.every((scope) => sameRecord(combination[scope], other[scope]))
  }
}

interface Place {
  readonly store: SessionStore
  readonly key: string
  readonly startMs: number
  readonly endMs: number
}

const always = { earliestEndMs: 0, latestStartMs: Number.MAX_SAFE_INTEGER }

/**
 * At which time something stands in a store that keeps times for the longest time-to-live of a join: so that it is there as long as it
 * lives, whatever else is put meanwhile.
 */
export function expiryTime(endMs: number, retentionMs: number): number {
  return Math.max(0, endMs - retentionMs)
}

/** What multiplies it is below this, so that nothing is lost to rounding. */
const numberEnd = 2 ** 40

/** Of one member, in the order of its partition. */
function numberOf(combination: Combination, scopes: readonly number[]): number {
  let number = 0
  for (const scope of scopes) {
    const member = combination[scope]
    const own = member === undefined ? 0 : (member.offset % numberEnd) * 61 + member.partition + 1
    number = (number % numberEnd) * 4099 + own
  }
  return number
}
