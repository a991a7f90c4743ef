import { StreamError } from '../base/errors.ts'
import type { Format } from '../data/types.ts'
import type { Side } from '../registry/contracts.ts'
import { enumSerde } from './binary/enum-serde.ts'
import { primitiveSerdes } from './binary/primitive-serdes.ts'
import { unionSerde } from './binary/union-serde.ts'
import { jsonKeySerde } from './json/json-key-serde.ts'
import { jsonSerde } from './json/json-serde.ts'
import type { Serde } from './serde.ts'

/**
 * The serde of a format that needs neither schema nor registry. A new object at each call: readers and writers learn from the records of
 * one topic.
 *
 * @param side - keys are written in one form each, so that equal ones are equal bytes
 * @throws StreamError `TYPE_INVALID` for a notation that there is no such serde for
 */
export function serdeFor(format: Format, side: Side = 'value'): Serde {
  const json = side === 'key' ? jsonKeySerde : jsonSerde
  if (format.notation === 'json') return json(format.type.kind !== 'any')
  if (format.notation === 'binary' || format.notation === 'default')
    return binarySerde(format, side) ?? json(false)
  throw new StreamError('TYPE_INVALID', `there is no format "${format.notation}"`, {
    hint: 'Use json, or a primitive type such as string, long or double.',
  })
}

/** Undefined for structs, lists and maps, which have no binary form of their own: they are JSON text, as on the JVM. */
function binarySerde({ type }: Format, side: Side): Serde | undefined {
  if (type.kind === 'enum') return enumSerde(type.symbols)
  if (type.kind === 'union')
    return unionSerde(
      type.of.map((member) => ({
        type: member,
        serde: serdeFor({ notation: 'binary', type: member }, side),
      })),
    )
  return primitiveSerdes[type.kind]
}
