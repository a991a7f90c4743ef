import { assert } from '../../base/assert.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import type { Api, DeepPartial, MessageCodec } from '../api.ts'
import { structDecoder, type Decode, type Layout } from './decoder.ts'
import { structEncoder, type Encode } from './encoder.ts'
import { versionRange, type Fields, type ValueOf } from './fields.ts'
import { MessageReader } from './message-reader.ts'

interface CodecFacts {
  readonly name: string
  /** The versions there are, such as `0-13`. */
  readonly versions: string
  /** The versions with compact lengths and tagged fields; absent where none has them. */
  readonly flexible?: string
}

interface ApiFacts extends CodecFacts {
  readonly key: number
}

export interface ApiTable<Request, Response> extends Api<Request, Response> {
  readonly request: TableCodec<Request>
  readonly response: TableCodec<Response>
}

/** An API from the tables of its two messages. Each version is compiled when it is first used. */
export function defineApi<Q extends Fields, S extends Fields>(
  facts: ApiFacts,
  request: Q,
  response: S,
): ApiTable<ValueOf<Q>, ValueOf<S>> {
  const { min, max } = versionRange(facts.versions)
  return Object.freeze({
    key: facts.key,
    name: facts.name,
    minVersion: min,
    maxVersion: max,
    request: messageCodec({ ...facts, name: `${facts.name}Request` }, request),
    response: messageCodec({ ...facts, name: `${facts.name}Response` }, response),
    isFlexible: (version: number) => flexibleIn(facts, version),
  })
}

/** A codec with what it was compiled from. */
export interface TableCodec<T> extends MessageCodec<T> {
  readonly name: string
  readonly fields: Fields
}

/** Encode and decode of one message. */
export function messageCodec<F extends Fields>(facts: CodecFacts, fields: F): TableCodec<ValueOf<F>> {
  const { min, max } = versionRange(facts.versions)
  const decoders: Decode[] = []
  const encoders: Encode[] = []
  const layoutOf = (version: number): Layout => {
    if (!Number.isInteger(version) || version < min || version > max) {
      throw new StreamError('API_NOT_SUPPORTED', `${facts.name} has no version ${version}`, {
        detail: `Versions ${min} to ${max} are known.`,
      })
    }
    return { version, flexible: flexibleIn(facts, version) }
  }
  const read = (reader: MessageReader, version: number): ValueOf<F> => {
    const decode = (decoders[version] ??= structDecoder(fields, layoutOf(version)))
    // The decoder was compiled from the same table as the type.
    return decode(reader) as ValueOf<F>
  }
  return {
    name: facts.name,
    fields,
    encode(message: DeepPartial<ValueOf<F>>, version: number, writer: ByteWriter): void {
      const encode = (encoders[version] ??= structEncoder(fields, layoutOf(version), facts.name))
      encode(message, writer)
    },
    decode(buffer: Buffer, version: number, start = 0): ValueOf<F> {
      assert(start >= 0 && start <= buffer.length, 'a message starts inside its buffer')
      const reader = new MessageReader(buffer, start, buffer.length)
      const message = read(reader, version)
      if (reader.at !== reader.end) throw reader.malformed(`${facts.name} ends`)
      return message
    },
    decodePrefix(buffer: Buffer, version: number, start: number): ValueOf<F> {
      return read(new MessageReader(buffer, start, buffer.length), version)
    },
  }
}

function flexibleIn(facts: CodecFacts, version: number): boolean {
  return facts.flexible !== undefined && version >= versionRange(facts.flexible).min
}
