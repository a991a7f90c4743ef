import { ByteWriter } from '../../base/byte-writer.ts'
import type { Api } from '../../protocol/api.ts'
import { encodeResponseHeader, frameSizeBytes } from '../../protocol/headers.ts'

export interface ResponseFacts {
  readonly correlationId: number
  readonly apiVersion: number
}

/** A whole answer: size, header, body. Records are not copied: they stand in it as views of the log. */
export function encodeResponseFrame(api: Api, response: object, facts: ResponseFacts): readonly Buffer[] {
  const { correlationId, apiVersion } = facts
  const writer = new ByteWriter()
  writer.keepLargeApart()
  writer.reserve(frameSizeBytes)
  encodeResponseHeader({ correlationId, apiKey: api.key }, api.isFlexible(apiVersion), writer)
  api.response.encode(response, apiVersion, writer)
  const parts = writer.parts()
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0)
  // The size stands in the first part, which is never one that is kept apart.
  writer.buffer.writeInt32BE(sizeBytes - frameSizeBytes, 0)
  return parts
}
