import { sleep } from '../../base/clock.ts'
import { StreamError, type ErrorCode } from '../../base/errors.ts'
import type { ClientContext } from './context.ts'

const transientCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BROKER_UNREACHABLE',
  'CONNECTION_CLOSED',
  'REQUEST_TIMED_OUT',
  'KAFKA_RETRIABLE',
])
const jitter = 0.2

/** Whether the same request may do better in a moment, against the same or another broker. */
export function isTransient(error: unknown): boolean {
  return error instanceof StreamError && transientCodes.has(error.code)
}

/** How long to wait before the next try: doubles from the least to the most, a fifth more or less by chance. */
export function backoffMs(context: ClientContext, round: number): number {
  const plain = Math.min(context.backoffMaxMs, context.backoffMinMs * 2 ** Math.min(round, 20))
  return plain * (1 - jitter + 2 * jitter * context.random.next())
}

/**
 * Tries again while failures are transient, with back-off, until `limitMs` have passed since the first try.
 *
 * @throws what the last try threw
 */
export async function retrying<T>(
  context: ClientContext,
  limitMs: number,
  attempt: () => Promise<T>,
  retriable: (error: unknown) => boolean = isTransient,
): Promise<T> {
  const { clock, closing } = context
  const endMs = clock.monotonicMs() + limitMs
  for (let round = 0; ; round++) {
    try {
      return await attempt()
    } catch (error) {
      const waitMs = backoffMs(context, round)
      if (!retriable(error) || closing.aborted || clock.monotonicMs() + waitMs > endMs) throw error
      await sleep(clock, waitMs, closing)
    }
  }
}
