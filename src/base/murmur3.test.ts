import { expect, test } from 'vitest'
import { murmur3 } from './murmur3.ts'

// What Kafka Streams' hash128 gives.
test.each([
  ['', '9d2764a018e329428c3cf3b035938518'],
  ['a', '3361634e7e0f5188e9c7dda24eae326b'],
  ['hello', '30bfb4f39919e764566aea857401d1c6'],
  ['0123456789abcde', 'c480e6b5c0016979a0d033624a7f7904'],
  ['0123456789abcdef', '1a6e941ec6a76967d7d82808f505d6b1'],
  ['0123456789abcdefg', 'a93635c3ece7b605aeed6784d1b08b32'],
  ['The quick brown fox jumps over the lazy dog, twice \u00e9\u00ff', '0ae6d52afe2db12ff0b763df2e46c0a4'],
])('the hash of "%s" is that of Java', (text, hash) => {
  expect(murmur3(Buffer.from(text)).toString('hex')).toBe(hash)
  const inside = Buffer.from(`#${text}#`)
  expect(murmur3(inside, 1, inside.length - 1).toString('hex')).toBe(hash)
})

test('the hash of all bytes is that of Java', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  expect(murmur3(bytes).toString('hex')).toBe('b2a226ef10b55db5957be3141432d449')
})
