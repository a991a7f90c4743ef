import { StreamError } from '../../base/errors.ts'
import type { Frame, SchemaIds } from '../contracts.ts'

/** The one frame that a framing fills at each read: reading a record allocates nothing. */
export class ReusedFrame implements Frame {
  kind: keyof SchemaIds = 'id'
  id: number | string = 0
  bodyStart = 0
  inHeaders = false
  messagePath: readonly number[] | undefined = undefined
  messageName: string | undefined = undefined

  /** @throws StreamError `VALUE_MALFORMED` for a number that no registry gives: asking for it would be an error of another kind */
  set(kind: keyof SchemaIds, id: number | string, bodyStart: number): this {
    if (typeof id === 'number' && id < 0) throw noFrame('an id of a schema', 'a negative number')
    this.kind = kind
    this.id = id
    this.bodyStart = bodyStart
    this.inHeaders = false
    this.messagePath = undefined
    this.messageName = undefined
    return this
  }
}

/** A value that does not begin as the serialisers of its registry begin it. */
export function noFrame(expected: string, found: string): StreamError {
  return new StreamError('VALUE_MALFORMED', 'the value names no schema', {
    detail: `Expected ${expected}, found ${found}.`,
    hint: 'Check that the topic is written by a serialiser of this kind of registry, and the framing settings.',
  })
}

/** The id of one kind, which the schema must have to be written with. */
export function requiredId<K extends keyof SchemaIds>(ids: SchemaIds, kind: K): NonNullable<SchemaIds[K]> {
  const id = ids[kind]
  if (id !== undefined) return id
  throw new StreamError('REGISTRY_REFUSED', `the registry gave the schema no ${kind}`, {
    hint: 'Choose another kind of id in the settings, or a registry that has it.',
  })
}
