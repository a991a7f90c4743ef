import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { timeHeap } from './heap.ts'

test.prop([fc.array(fc.option(fc.integer({ min: 0, max: 50 })))])(
  'gives the earliest of the times that are left, whatever came and went before',
  (deeds) => {
    const heap = timeHeap()
    let left: number[] = []
    for (const deed of deeds) {
      if (deed === null) {
        heap.removeFirst()
        left = left.slice(1)
      } else {
        heap.add(deed)
        left = [...left, deed].toSorted((a, b) => a - b)
      }
      expect(heap.first).toBe(left[0])
    }
  },
)
