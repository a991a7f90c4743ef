import { StreamError } from './errors.ts'

/**
 * States what must be true unless our own code is wrong. Stays on in production.
 *
 * @throws StreamError `INVARIANT_BROKEN`
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new StreamError('INVARIANT_BROKEN', message)
}

/** Marks the end of an exhaustive `switch`. */
export function unreachable(value: never): never {
  throw new StreamError('INVARIANT_BROKEN', `no case for ${JSON.stringify(value)}`)
}
