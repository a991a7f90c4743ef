import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { Windowed } from './windowed.ts'

const times = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_500_000 }),
  fc.integer({ min: -100_000_000_000_000, max: 8_640_000_000_000_000 }),
  fc.integer({ min: 0, max: 400_000 }).map((number) => number * 1000),
)

test.prop([fc.array(fc.tuple(times, times), { minLength: 1 })])(
  'writes instants as Java does, whichever were written before',
  (windows) => {
    const isoOf = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')
    for (const [start, end] of windows) {
      const struct = new Windowed('k', start, end).toStruct()
      expect(struct).toEqual({ key: 'k', start, end, startTime: isoOf(start), endTime: isoOf(end) })
    }
  },
)
