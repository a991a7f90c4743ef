/**
 * Keys made of column values, for global tables that queries look up by columns. One column: the value itself. Several: an array,
 * whose identity is one text with the length before each part. Equal values of different SQL number types are the same key.
 */
import type { StoreKeyIdentity } from './contracts.ts'
import type { Keying } from './keying.ts'

/** The values are never NULL: a NULL matches nothing and is not looked up. */
export const indexKeying: Keying = {
  identity: (key) => {
    if (typeof key === 'string' || typeof key === 'number') return key
    return Array.isArray(key) ? joinParts(key) : scalarIdentity(key)
  },
  write: (identity, writer) => {
    writer.writeUtf8(tags[typeof identity as keyof typeof tags] + String(identity))
  },
  fromBytes: (bytes) => {
    const text = bytes.utf8Slice(1, bytes.length)
    if (bytes[0] === numberTag) return Number(text)
    return bytes[0] === bigintTag ? BigInt(text) : text
  },
  key: (identity) => identity,
}

const tags = { string: 's', number: 'n', bigint: 'b' } as const
const numberTag = tags.number.charCodeAt(0)
const bigintTag = tags.bigint.charCodeAt(0)

function joinParts(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) {
    const identity = typeof value === 'string' ? value : scalarIdentity(value)
    const part = String(identity)
    text += `${tags[typeof identity as keyof typeof tags]}${part.length}:${part}`
  }
  return text
}

function scalarIdentity(value: unknown): StoreKeyIdentity {
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  // No safe whole number is a bigint here, so these two stand free for the booleans.
  if (typeof value === 'boolean') return value ? 1n : 0n
  return `\u0000${JSON.stringify(value)}`
}
