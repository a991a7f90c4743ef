/** Feeds a decoder good inputs that were damaged, and looks for anything but a value or a clear error. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamError } from '../../src/base/errors.ts'
import { seededRandom, type Random } from '../../src/base/random.ts'

export interface FuzzTarget {
  readonly name: string
  /** Good inputs: each is decoded as it is, then one that chance picks is damaged, time and again. */
  readonly inputs: readonly Buffer[]
  readonly decode: (bytes: Buffer) => unknown
}

export interface FuzzResult {
  readonly decoded: number
  readonly refused: number
  /** What must not happen: anything thrown that is no error of the input, or an input that took too long. */
  readonly failures: readonly string[]
  readonly slowestMs: number
  readonly memoryMib: number
}

/** A decode that takes longer than this, and longer again when it is tried once more, hangs: once, the machine may have been busy. */
const slowDefaultMs = 1000
/** What one decoder may add to the memory of the process, garbage that is not collected yet included. */
const growthMaxMib = 512
const failuresMax = 5
const mutationsMax = 8
/** Between turns of the loop, as programs decode: what decompression failed on is let go of in the next one. */
const inputsPerTurn = 1000

interface FuzzOptions {
  readonly inputs: number
  readonly seed: number
  readonly slowMs?: number
}

export async function fuzz(
  target: FuzzTarget,
  { inputs, seed, slowMs = slowDefaultMs }: FuzzOptions,
): Promise<FuzzResult> {
  const random = seededRandom(seed)
  const failures: string[] = []
  const beforeMib = memoryMib()
  let [decoded, refused, slowestMs] = [0, 0, 0]
  const attempt = (bytes: Buffer, name: string): boolean => {
    const shown = (): string => `${bytes.toString('hex', 0, 200)} (${name})`
    let { error, tookMs } = timed(target, bytes)
    if (tookMs > slowMs) tookMs = Math.min(tookMs, timed(target, bytes).tookMs)
    slowestMs = Math.max(slowestMs, tookMs)
    if (tookMs > slowMs) failures.push(`took ${Math.round(tookMs)} ms for ${shown()}`)
    if (error !== undefined && !isClear(error)) failures.push(`${error.message} for ${shown()}`)
    return error === undefined
  }
  for (const [index, good] of target.inputs.entries()) attempt(good, `good input ${index}`)
  for (let index = 0; index < inputs && failures.length < failuresMax; index++) {
    if (index % inputsPerTurn === 0) await nextTurn()
    const good = target.inputs[Math.floor(random.next() * target.inputs.length)] as Buffer
    if (attempt(mutated(good, random), `input ${index}`)) decoded++
    else refused++
  }
  const afterMib = memoryMib()
  if (afterMib - beforeMib > growthMaxMib) failures.push(`memory grew from ${beforeMib} to ${afterMib} MiB`)
  return { decoded, refused, failures, slowestMs, memoryMib: afterMib }
}

function timed(
  target: FuzzTarget,
  bytes: Buffer,
): { readonly error: Error | undefined; readonly tookMs: number } {
  const startMs = performance.now()
  let error: Error | undefined
  try {
    target.decode(bytes)
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error('what was thrown is no error')
  }
  return { error, tookMs: performance.now() - startMs }
}

function memoryMib(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576)
}

function isClear(error: unknown): boolean {
  return error instanceof StreamError && error.code !== 'INVARIANT_BROKEN'
}

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x3c, 0x26, 0x7b, 0x2c]

function mutated(good: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(good)
  const pick = (below: number): number => Math.floor(random.next() * below)
  const count = 1 + pick(mutationsMax)
  for (let index = 0; index < count; index++) {
    const at = pick(bytes.length + 1)
    switch (pick(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << pick(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = interesting[pick(interesting.length)] as number
        break
      case 2:
        bytes = bytes.subarray(0, at)
        break
      case 3: {
        const from = pick(bytes.length + 1)
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(from, from + pick(40)),
          bytes.subarray(at),
        ])
        break
      }
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([pick(256), pick(256)]),
          bytes.subarray(at),
        ])
        break
      default:
        bytes.fill(interesting[pick(interesting.length)] as number, at, Math.min(bytes.length, at + pick(12)))
    }
  }
  return bytes
}
