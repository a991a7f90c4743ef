import { isCanonical, canonicalBytes, canonicalText } from './canonical.ts'
import { jsonSerde } from './json-serde.ts'
import { JsonText } from './json-text.ts'
import type { Serde } from '../serde.ts'

/** JSON as record keys: equal keys are equal bytes, whoever wrote them, in whatever order. */
export function jsonKeySerde(containersOnly: boolean): Serde {
  const json = jsonSerde(containersOnly)
  return {
    ...json,
    decode: (buffer, start, end, headers) => {
      const key = json.decode(buffer, start, end, headers)
      if (isCanonical(buffer, start, end)) return key
      const bytes = Buffer.from(canonicalText(buffer.utf8Slice(start, end)))
      return new JsonText(bytes, 0, bytes.length)
    },
    encode: (key, writer, headers) => {
      const start = writer.length
      json.encode(key, writer, headers)
      const { buffer, length } = writer
      if (isCanonical(buffer, start, length)) return
      const text = canonicalText(buffer.utf8Slice(start, length))
      writer.length = start
      writer.writeUtf8(text)
    },
    canonicalKey: canonicalBytes,
  }
}
