/** A record's headers, in order; keys may repeat. */
export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

export type Headers = readonly Header[]
