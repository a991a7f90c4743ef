import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { goneGeneration, Slot } from './slot.ts'
import { TextIndex } from './text-index.ts'

const keys = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 12 }), {
  minLength: 1,
  maxLength: 3000,
  size: 'max',
})

property.prop([keys], { numRuns: 20 })(
  'finds for each key the slot that was put last, wherever its bytes lie',
  (texts) => {
    const index = new TextIndex(10_000)
    const model = new Map<string, Slot>()
    for (const text of texts) {
      const slot = new Slot(text)
      const bytes = Buffer.from(`<${text}>`)
      index.put(bytes, 1, bytes.length - 1, slot)
      model.set(text, slot)
    }
    for (const [text, slot] of model) {
      const bytes = Buffer.from(text)
      expect(index.find(bytes, 0, bytes.length)).toBe(slot)
    }
    expect(index.find(Buffer.from('no such key at all'), 0, 18)).toBeUndefined()
  },
)

test('begins anew when it holds more than its bound', () => {
  const index = new TextIndex(600)
  const bytes = (number: number): Buffer => Buffer.from(`k${number}`)
  for (let number = 0; number <= 1300; number++)
    index.put(bytes(number), 0, bytes(number).length, new Slot(number))
  expect(index.find(bytes(1), 0, 2)).toBeUndefined()
  expect(index.find(bytes(1300), 0, 5)?.identity).toBe(1300)
})

test('lets go of a slot that its store has let go', () => {
  const index = new TextIndex(600)
  const [bytes, slot] = [Buffer.from('k'), new Slot('k')]
  index.put(bytes, 0, 1, slot)
  index.drop(new Slot('other'))
  expect(index.find(bytes, 0, 1)).toBe(slot)
  index.drop(slot)
  expect(index.find(bytes, 0, 1)).toMatchObject({ generation: goneGeneration, value: null })
})
