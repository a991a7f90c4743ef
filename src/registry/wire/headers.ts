import type { Headers } from '../../base/headers.ts'

/** The value of the last header of this name, as Kafka's `lastHeader`; undefined where there is none or it is null. */
export function lastHeader(headers: Headers, key: string): Uint8Array | undefined {
  for (let index = headers.length - 1; index >= 0; index--) {
    const header = headers[index]
    if (header?.key === key) return header.value ?? undefined
  }
  return undefined
}
