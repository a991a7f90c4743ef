/** A record's headers, in order; keys may repeat. */
export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

export type Headers = readonly Header[]

/** Header values are views of fetched bytes. */
export function ownHeaders(headers: Headers | undefined): Headers | undefined {
  return headers?.map(({ key, value }): Header => ({
    key,
    value: value === null ? null : Buffer.from(value),
  }))
}
