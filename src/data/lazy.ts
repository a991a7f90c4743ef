/**
 * A value that is still in its encoded form: text that nobody has parsed, a row whose columns are slices.
 *
 * Between operators a record's value is either a plain value or a `Lazy`. Whoever needs a plain value calls
 * {@link materialize} and gets a copy of its own; a sink of the same format copies the bytes instead.
 */
export abstract class Lazy {
  /** A plain value, new at each call. */
  abstract materialize(): unknown
  /** The same value over bytes that it owns; a lazy value otherwise lives only until its record is done. */
  abstract detach(): Lazy
  /** The value as JSON text, where that is what it is encoded as: languages with a parser of their own take it. */
  jsonText?(): string | undefined
}

/** The plain value of what an operator received. */
export function materialize(value: unknown): unknown {
  return value instanceof Lazy ? value.materialize() : value
}

/** The value in a form that may be kept beyond the record it came with. */
export function detach(value: unknown): unknown {
  return value instanceof Lazy ? value.detach() : value
}
