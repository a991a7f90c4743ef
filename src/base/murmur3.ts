/** Murmur3 with 128 bits for 64-bit machines, with Kafka Streams' seed: the hash that tells versions of a row apart in foreign-key joins. */

const seed = 104_729
const blockBytes = 16

/** A 64-bit word as two halves: JavaScript has no such number that is fast. */
class Word {
  #hi = 0
  #lo = 0

  set(hi: number, lo: number): this {
    this.#hi = hi
    this.#lo = lo
    return this
  }

  times(hi: number, lo: number): this {
    const low = this.#lo & 0xff_ff
    const high = this.#lo >>> 16
    const otherLow = lo & 0xff_ff
    const otherHigh = lo >>> 16
    const first = low * otherHigh + ((low * otherLow) >>> 16)
    const second = high * otherLow + (first & 0xff_ff)
    const carried = high * otherHigh + (first >>> 16) + (second >>> 16)
    this.#hi = (carried + Math.imul(this.#hi, lo) + Math.imul(this.#lo, hi)) | 0
    this.#lo = Math.imul(this.#lo, lo)
    return this
  }

  /** @param bits - from 1 to 63, but 32 */
  rotate(bits: number): this {
    const swapped = bits > 32
    const hi = swapped ? this.#lo : this.#hi
    const lo = swapped ? this.#hi : this.#lo
    const left = bits & 31
    this.#hi = (hi << left) | (lo >>> (32 - left))
    this.#lo = (lo << left) | (hi >>> (32 - left))
    return this
  }

  plus(other: Word): this {
    return this.plusParts(other.#hi, other.#lo)
  }

  plusParts(hi: number, lo: number): this {
    const sum = (this.#lo >>> 0) + (lo >>> 0)
    this.#hi = (this.#hi + hi + (sum > 0xff_ff_ff_ff ? 1 : 0)) | 0
    this.#lo = sum | 0
    return this
  }

  xor(other: Word): this {
    this.#hi ^= other.#hi
    this.#lo ^= other.#lo
    return this
  }

  xorLow(lo: number): this {
    this.#lo ^= lo
    return this
  }

  /** Spreads each bit over all. */
  avalanche(): this {
    this.#fold().times(0xff_51_af_d7, 0xed_55_8c_cd)
    this.#fold().times(0xc4_ce_b9_fe, 0x1a_85_ec_53)
    return this.#fold()
  }

  write(target: Buffer, at: number): void {
    target.writeInt32BE(this.#hi, at)
    target.writeInt32BE(this.#lo, at + 4)
  }

  /** `x ^= x >>> 33` */
  #fold(): this {
    this.#lo ^= this.#hi >>> 1
    return this
  }
}

const first = new Word()
const second = new Word()
const mixed = new Word()
const tail = Buffer.alloc(blockBytes)

/** The hash of `buffer[start .. end)`: sixteen bytes of its own, as Java writes the two longs. */
export function murmur3(buffer: Buffer, start = 0, end: number = buffer.length): Buffer {
  first.set(0, seed)
  second.set(0, seed)
  let at = start
  for (; at + blockBytes <= end; at += blockBytes) {
    first.xor(mixFirst(buffer, at)).rotate(27).plus(second).times(0, 5).plusParts(0, 0x52_dc_e7_29)
    second.xor(mixSecond(buffer, at)).rotate(31).plus(first).times(0, 5).plusParts(0, 0x38_49_5a_b5)
  }
  tail.fill(0)
  buffer.copy(tail, 0, at, end)
  second.xor(mixSecond(tail, 0)).xorLow(end - start)
  first
    .xor(mixFirst(tail, 0))
    .xorLow(end - start)
    .plus(second)
  second.plus(first).avalanche()
  first.avalanche().plus(second)
  second.plus(first)
  const hash = Buffer.allocUnsafe(blockBytes)
  first.write(hash, 0)
  second.write(hash, 8)
  return hash
}

function mixFirst(buffer: Buffer, at: number): Word {
  return mixed
    .set(buffer.readInt32LE(at + 4), buffer.readInt32LE(at))
    .times(0x87_c3_7b_91, 0x11_42_53_d5)
    .rotate(31)
    .times(0x4c_f5_ad_43, 0x27_45_93_7f)
}

function mixSecond(buffer: Buffer, at: number): Word {
  return mixed
    .set(buffer.readInt32LE(at + 12), buffer.readInt32LE(at + 8))
    .times(0x4c_f5_ad_43, 0x27_45_93_7f)
    .rotate(33)
    .times(0x87_c3_7b_91, 0x11_42_53_d5)
}
