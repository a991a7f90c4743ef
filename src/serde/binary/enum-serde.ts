import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import type { Serde } from '../serde.ts'
import { primitiveSerdes } from './primitive-serdes.ts'

/** A symbol as text. Only what is written is checked: a topic may know symbols that its reader does not. */
export function enumSerde(symbols: readonly string[]): Serde {
  const text = primitiveSerdes['string'] as Serde
  const known = new Set(symbols)
  return {
    decode: (buffer, start, end, headers) => text.decode(buffer, start, end, headers),
    encode: (value, writer, headers) => {
      const plain = materialize(value)
      if (typeof plain !== 'string' || !known.has(plain))
        throw new StreamError('VALUE_TYPE_MISMATCH', 'the value is none of the symbols of its enum', {
          detail: `The symbols are ${symbols.join(', ')}.`,
        })
      text.encode(plain, writer, headers)
    },
  }
}
