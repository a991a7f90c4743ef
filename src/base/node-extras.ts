/**
 * What Node 24 and newer have and the type packages do not declare. Importing this module makes the declarations known;
 * there is no code in it.
 */
declare global {
  interface Buffer {
    /** `toString('latin1', start, end)` without the look-up of the encoding's name: half the cost for short text. */
    latin1Slice(start?: number, end?: number): string
    /** `toString('utf8', start, end)`, likewise. */
    utf8Slice(start?: number, end?: number): string
    /** `write(text, at, 'utf8')`, likewise; gives the bytes that were written. */
    utf8Write(text: string, at: number): number
  }
  interface JSON {
    /** A value that `JSON.stringify` writes as this text. */
    rawJSON(text: string): unknown
    isRawJSON(value: unknown): boolean
  }
}

export {}
