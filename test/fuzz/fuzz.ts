/** Feeds a decoder good inputs that were damaged, and looks for anything but a value or a clear error. */
import { StreamError } from '../../src/base/errors.ts'
import { seededRandom, type Random } from '../../src/base/random.ts'

export interface FuzzTarget {
  readonly name: string
  /** Good inputs, which are damaged in turn. */
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

/** A decode that takes longer than this hangs; the machine may be busy. */
const slowMs = 5000
const failuresMax = 5
const mutationsMax = 8

export function fuzz(
  target: FuzzTarget,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): FuzzResult {
  const random = seededRandom(seed)
  const failures: string[] = []
  let [decoded, refused, slowestMs] = [0, 0, 0]
  for (let index = 0; index < inputs && failures.length < failuresMax; index++) {
    const good = target.inputs[index % target.inputs.length] as Buffer
    const bytes = index < target.inputs.length ? good : mutated(good, random)
    const startMs = performance.now()
    try {
      target.decode(bytes)
      decoded++
    } catch (error) {
      refused++
      if (!isClear(error))
        failures.push(`${String(error)} for ${bytes.toString('hex').slice(0, 400)} (input ${index})`)
    }
    const tookMs = performance.now() - startMs
    slowestMs = Math.max(slowestMs, tookMs)
    if (tookMs > slowMs)
      failures.push(
        `took ${Math.round(tookMs)} ms for ${bytes.toString('hex').slice(0, 400)} (input ${index})`,
      )
  }
  return {
    decoded,
    refused,
    failures,
    slowestMs,
    memoryMib: Math.round(process.memoryUsage().rss / 1_048_576),
  }
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
