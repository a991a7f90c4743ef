import type { Kafka } from '../../src/kafka/contracts.ts'
import { readTopic } from '../../src/workload/consume-topic.ts'

const numberBytes = 4

/**
 * Whether state that was read and written again was right each time. The first four bytes of a profile that is kept are its chain: what its
 * first version had there, and for each later version 31 times the chain before plus the last four bytes of the version before. One that is
 * lost, doubled, out of order or mixed up with another key's makes another chain. Chains that come out are compared with those
 * of what went in, by their number and a sum over keys and chains.
 */
export class ProfileChains {
  readonly #chains: Int32Array
  readonly #tails: Int32Array
  readonly #isKnown: Uint8Array
  readonly #sent = new Sum()
  readonly #seen = new Sum()

  constructor(profiles: number) {
    this.#chains = new Int32Array(profiles)
    this.#tails = new Int32Array(profiles)
    this.#isKnown = new Uint8Array(profiles)
  }

  /** Another version of a profile goes in. */
  send(key: number, profile: Buffer): void {
    const chain =
      this.#isKnown[key] === 1
        ? (Math.imul(this.#chains[key] as number, 31) + (this.#tails[key] as number)) | 0
        : profile.readInt32BE(0)
    this.#chains[key] = chain
    this.#tails[key] = profile.readInt32BE(profile.length - numberBytes)
    this.#isKnown[key] = 1
    this.#sent.add(key, chain)
  }

  /** Reads what comes out, until it is told to end. */
  async watch(kafka: Kafka, topic: string, signal: AbortSignal): Promise<void> {
    await readTopic(kafka, topic, {
      from: 'earliest',
      isolation: 'read_committed',
      signal,
      onRecord: ({ key, value }) => {
        this.#seen.add(Number(key?.toString().split('-')[1]), value?.readInt32BE(0) ?? 0)
        return true
      },
    })
  }

  get areAllSeen(): boolean {
    return this.#seen.count >= this.#sent.count
  }

  /** How many were compared. @throws Error where what came out is not what went in */
  check(): number {
    const [sent, seen] = [this.#sent, this.#seen]
    if (seen.count !== sent.count || seen.sum !== sent.sum)
      throw new Error(`wrong results: ${seen.count} of sum ${seen.sum} for ${sent.count} of sum ${sent.sum}`)
    return seen.count
  }
}

/** In no order. */
class Sum {
  count = 0
  sum = 0

  add(key: number, chain: number): void {
    this.count++
    this.sum = (this.sum + Math.imul(chain ^ key, 0x9e37_79b1)) | 0
  }
}
