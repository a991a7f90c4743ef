import { StreamError } from '../base/errors.ts'
import type { Format } from '../data/types.ts'
import { primitiveSerdes } from './binary/primitive-serdes.ts'
import { jsonSerde } from './json/json-serde.ts'
import type { Serde } from './serde.ts'

/**
 * The serde of a format. A new object at each call: readers and writers learn from the records of one topic.
 *
 * @throws StreamError `TYPE_INVALID` for a notation that there is no serde for
 */
export function serdeFor(format: Format): Serde {
  if (format.notation === 'json') return jsonSerde(format.type.kind !== 'any')
  if (format.notation === 'binary' || format.notation === 'default') {
    const primitive = primitiveSerdes[format.type.kind]
    if (primitive !== undefined) return primitive
    // Structs, lists and maps have no binary form of their own: they are JSON text, as on the JVM.
    return jsonSerde(false)
  }
  throw new StreamError('TYPE_INVALID', `there is no format "${format.notation}"`, {
    hint: 'Use json, or a primitive type such as string, long or double.',
  })
}
