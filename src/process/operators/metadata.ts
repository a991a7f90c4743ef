/** Headers as user functions see them: text where the bytes are printable UTF-8, else a list of byte numbers. */
import { isUtf8 } from 'node:buffer'
import type { Headers } from '../../base/headers.ts'

export interface HeaderStruct {
  readonly key: string
  readonly value: string | readonly number[] | null
}

export function headersToStructs(headers: Headers | undefined): HeaderStruct[] {
  return (headers ?? []).map(({ key, value }) => ({ key, value: value === null ? null : headerValue(value) }))
}

/** Undefined for what is no list of `{ key, value }`. */
export function structsToHeaders(structs: unknown): Headers | undefined {
  if (!Array.isArray(structs)) return undefined
  const headers = []
  for (const struct of structs as readonly unknown[]) {
    if (!isHeaderStruct(struct)) return undefined
    headers.push({ key: struct.key, value: headerBytes(struct.value) })
  }
  return headers
}

// Control characters other than tab, line feed and carriage return are not text.
const printable = /^[^\p{Cc}\uFFFD]*$/u

function headerValue(bytes: Uint8Array): string | readonly number[] {
  if (isUtf8(bytes)) {
    const text = Buffer.from(bytes).toString('utf8')
    if (printable.test(text.replaceAll(/[\t\n\r]/g, ''))) return text
  }
  return [...bytes]
}

function headerBytes(value: HeaderStruct['value'] | Uint8Array): Uint8Array | null {
  if (value === null) return null
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Uint8Array.from(value)
}

function isHeaderStruct(struct: unknown): struct is HeaderStruct {
  if (typeof struct !== 'object' || struct === null || Object.keys(struct).length !== 2) return false
  const { key, value } = struct as { readonly key?: unknown; readonly value?: unknown }
  if (typeof key !== 'string') return false
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return true
  return Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= -128 && byte <= 255)
}
