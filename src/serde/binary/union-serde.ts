import { StreamError } from '../../base/errors.ts'
import { fitsType } from '../../data/fits-type.ts'
import { materialize } from '../../data/lazy.ts'
import type { DataType } from '../../data/types.ts'
import type { Serde } from '../serde.ts'

interface Member {
  readonly type: DataType
  readonly serde: Serde
}

/** The bytes do not say which member they are: a value is written as the first one that it fits, and read as the first one that can. */
export function unionSerde(members: readonly Member[]): Serde {
  return {
    decode: (buffer, start, end, headers) => {
      if (end === start) return null
      for (const { serde } of members) {
        try {
          return serde.decode(buffer, start, end, headers)
        } catch (error) {
          if (!(error instanceof StreamError) || error.code !== 'VALUE_MALFORMED') throw error
        }
      }
      throw new StreamError('VALUE_MALFORMED', 'the value is of no member of its union')
    },
    encode: (value, writer, headers) => {
      const plain = materialize(value)
      const member = members.find(({ type }) => fitsType(plain, type))
      if (member === undefined)
        throw new StreamError('VALUE_TYPE_MISMATCH', 'the value fits no member of its union')
      member.serde.encode(plain, writer, headers)
    },
  }
}
