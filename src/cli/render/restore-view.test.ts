import { expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import type { RestoreProgress } from '../../runtime/application.ts'
import type { Output } from '../output.ts'
import { restoreView } from './restore-view.ts'

function shown() {
  const texts: string[] = []
  const clock = new ManualClock()
  const output: Output = {
    interactive: true,
    line: () => {},
    note: () => {},
    status: (text) => texts.push(text),
  }
  const show = restoreView(output, clock)
  return {
    texts,
    report: async (
      by: string,
      records: number,
      remaining: number,
      work: RestoreProgress['work'] = 'restore',
    ) => {
      await clock.advance(1000)
      show({ work, by, name: 'totals', records, remaining })
    },
  }
}

test('the tasks of a store are shown as one sum', async () => {
  const { texts, report } = shown()
  await report('0_0', 100, 300)
  await report('0_1', 100, 500)
  await report('0_0', 200, 200)
  expect(texts.map((text) => /[\d,]+ of [\d,]+/.exec(text)?.[0])).toEqual(['200 of 1,000', '300 of 1,000'])
})

test('a restore of which nothing remains leaves no line behind, and the next one begins anew', async () => {
  const { texts, report } = shown()
  await report('0_0', 100, 100)
  await report('0_0', 200, 0)
  expect(texts.at(-1)).toBe('')
  await report('0_1', 10, 90)
  await report('0_1', 20, 80)
  expect(texts.at(-1)).toContain('20 of 100')
})

test('the load of a topic is a line of its own, beside the restore of a store of the same name', async () => {
  const { texts, report } = shown()
  await report('0_0', 1, 9)
  await report('thread-1', 5, 5, 'load')
  await report('0_0', 2, 8)
  await report('thread-1', 6, 4, 'load')
  expect(texts.map((text) => text.replace(/\[.*\]/, '').split('  ')[0])).toEqual([
    'restore totals',
    'load totals',
  ])
})
