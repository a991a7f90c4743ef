import { ByteWriter } from '../../base/byte-writer.ts'
import type { Api } from '../../protocol/api.ts'
import { encodeResponseHeader, frameSizeBytes } from '../../protocol/headers.ts'

const smallBytes = 512

export interface ResponseFacts {
  readonly correlationId: number
  readonly apiVersion: number
  /** About how many bytes the body takes. */
  readonly sizeBytes?: number | undefined
}

/** A whole answer: size, header, body. */
export function encodeResponseFrame(api: Api, response: object, facts: ResponseFacts): Buffer {
  const { correlationId, apiVersion, sizeBytes = 0 } = facts
  const writer = new ByteWriter(smallBytes + sizeBytes)
  writer.reserve(frameSizeBytes)
  encodeResponseHeader({ correlationId, apiKey: api.key }, api.isFlexible(apiVersion), writer)
  api.response.encode(response, apiVersion, writer)
  writer.buffer.writeInt32BE(writer.length - frameSizeBytes, 0)
  return writer.view()
}
