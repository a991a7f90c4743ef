/**
 * Breaks requests on purpose. A rule says which requests and what happens to them; the first rule that fits a request, is not used
 * up, and whose dice say so, decides. Same seed, same requests: same faults.
 *
 * @example
 * broker.faults.add({ api: 'EndTxn', fault: { kind: 'cut', when: 'after' }, times: 1 })
 * broker.faults.add({ api: 'Produce', fault: { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when: 'instead' }, probability: 0.1 })
 */
import type { Random } from '../base/random.ts'
import type { KafkaErrorName } from '../protocol/error-codes.ts'

export type Fault =
  /**
   * The request is lost, or with `after` its answer, and the connection never answers again: a black hole until the client
   * gives up on it.
   */
  | { readonly kind: 'drop'; readonly when?: 'before' | 'after' }
  /** Waits, drawn between the two, before the request takes effect or before it is answered. */
  | {
      readonly kind: 'delay'
      readonly minMs: number
      readonly maxMs: number
      readonly when: 'before' | 'after'
    }
  /** Takes effect twice; the second answer is the one that is sent. */
  | { readonly kind: 'duplicate' }
  /** Takes effect; the answer says that nothing more will be read for so long, as where a quota is exceeded. What comes is read all the same. */
  | { readonly kind: 'throttle'; readonly throttleMs: number }
  /** Is answered with this error, without its effect or in spite of it. */
  | { readonly kind: 'error'; readonly error: KafkaErrorName; readonly when: 'instead' | 'after' }
  /** The connection ends, without the request's effect or after it. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }

/** Which requests, and what happens. What is absent fits all. */
export interface FaultRule {
  readonly fault: Fault
  /** Kafka's names: `Produce`, `EndTxn`. */
  readonly api?: string | readonly string[]
  readonly nodeId?: number
  readonly clientId?: string | RegExp
  /** A further condition, on the decoded request as well. */
  readonly where?: (request: InterceptedRequest) => boolean
  /** So many that fit pass first. */
  readonly skip?: number
  /** So many are broken, then the rule is used up. */
  readonly times?: number
  /** From 0 to 1, for each request that fits. */
  readonly probability?: number
}

export interface InterceptedRequest {
  readonly api: string
  readonly apiVersion: number
  readonly nodeId: number
  readonly clientId: string
  /** The decoded request; names are those of the message tables. */
  readonly body: unknown
}

/** A rule at work. */
export interface ActiveFault {
  /** How many requests it has broken. */
  readonly hits: number
  remove(): void
}

interface Entry {
  readonly rule: FaultRule
  skipped: number
  hits: number
}

export class FaultControl {
  readonly #random: Random
  #entries: Entry[] = []

  constructor(random: Random) {
    this.#random = random
  }

  add(rule: FaultRule): ActiveFault {
    const entry: Entry = { rule, skipped: 0, hits: 0 }
    this.#entries.push(entry)
    return {
      get hits() {
        return entry.hits
      },
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry)
      },
    }
  }

  clear(): void {
    this.#entries = []
  }

  /** What happens to this request; undefined: what should. */
  choose(request: InterceptedRequest): Fault | undefined {
    for (const entry of this.#entries) {
      if (!fits(entry.rule, request) || entry.hits >= (entry.rule.times ?? Number.POSITIVE_INFINITY)) continue
      if (entry.skipped < (entry.rule.skip ?? 0)) {
        entry.skipped++
        continue
      }
      const { probability } = entry.rule
      if (probability !== undefined && this.#random.next() >= probability) continue
      entry.hits++
      return entry.rule.fault
    }
    return undefined
  }

  /** Draws the length of a delay. */
  delayMs({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
    return maxMs > minMs ? minMs + this.#random.next() * (maxMs - minMs) : minMs
  }
}

function fits(rule: FaultRule, request: InterceptedRequest): boolean {
  const { api, nodeId, clientId, where } = rule
  if (typeof api === 'string' ? api !== request.api : api?.includes(request.api) === false) return false
  if (nodeId !== undefined && nodeId !== request.nodeId) return false
  if (typeof clientId === 'string' && clientId !== request.clientId) return false
  if (clientId instanceof RegExp && !clientId.test(request.clientId)) return false
  return where?.(request) ?? true
}
