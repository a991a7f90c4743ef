import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { progressText, startProgress } from './progress.ts'

describe('progress', () => {
  test('shows share, rate and time left', () => {
    expect(progressText('restore', { done: 2500, total: 10_000, elapsedMs: 1000 })).toBe(
      'restore  [######..................] 25 %  2,500 of 10,000  2,500/s  3 s left',
    )
  })

  test('is silent for what is soon done, and speaks in lines where nobody watches', async () => {
    const clock = new ManualClock()
    const notes: string[] = []
    const progress = startProgress(
      'load',
      { interactive: false, line: () => {}, note: (text) => notes.push(text), status: () => {} },
      clock,
    )
    const reportAfter = async (ms: number, done: number): Promise<void> => {
      await clock.advance(ms)
      progress.report(done, undefined)
    }
    await reportAfter(999, 99)
    await reportAfter(1, 100)
    await reportAfter(4999, 599)
    await reportAfter(1, 600)
    expect(notes).toEqual(['load  100  100/s', 'load  600  100/s'])
  })
})
