/** Bytes that came as a value, of a store or a record, as a buffer over the same memory. @param value - a `Uint8Array` */
export function asBuffer(value: unknown): Buffer {
  if (value instanceof Buffer) return value
  const bytes = value as Uint8Array
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
