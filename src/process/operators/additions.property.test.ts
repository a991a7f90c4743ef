import { expect, test } from 'vitest'
import { seededRandom, type Random } from '../../base/random.ts'
import { Windowed } from '../../data/windowed.ts'
import type { Node, StoreSpec } from '../../topology/topology.ts'
import { json, storeSpec, TestFunctions, TestTask, text } from '../fixture.ts'

const source: Node = { kind: 'source', id: 'in', topics: ['in'], key: text, value: text }
const sink = (input: string): Node => ({
  kind: 'sink',
  id: 'out',
  input,
  topic: { kind: 'topic', name: 'out' },
  key: text,
  value: json,
})

function windowStore(windowSizeMs: number, retentionMs: number): StoreSpec {
  return { ...storeSpec('kept'), kind: 'window', windowSizeMs, retentionMs, retainDuplicates: false }
}

interface Event {
  readonly key: string
  readonly timestampMs: number
}

/** Mostly forwards, now and then far back or far ahead. */
function events(random: Random): readonly Event[] {
  let nowMs = 0
  return Array.from({ length: 60 }, () => {
    nowMs += random.below(random.below(10) === 0 ? 60 : 6)
    const backMs = random.below(3) === 0 ? random.below(40) : 0
    return { key: 'ab'[random.below(2)] ?? 'a', timestampMs: Math.max(0, nowMs - backMs) }
  })
}

test('deduplicate passes on what a reader who forgets nothing would', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed)
    const [withinMs, graceMs] = [1 + random.below(20), random.below(30)]
    const task = new TestTask({
      nodes: [
        source,
        { kind: 'deduplicate', id: 'd', input: 'in', withinMs, graceMs, store: 'kept' },
        sink('d'),
      ],
      stores: [windowStore(withinMs, withinMs + graceMs)],
    })
    const passed: Event[] = []
    let largestMs = 0
    const expected = events(random).map(({ key, timestampMs }) => {
      task.push('in', key, 'v', { timestampMs })
      largestMs = Math.max(largestMs, timestampMs)
      const near = passed.some((one) => one.key === key && Math.abs(one.timestampMs - timestampMs) < withinMs)
      if (near || timestampMs < largestMs - graceMs) return []
      passed.push({ key, timestampMs })
      return [`out: ${key}="v" @${timestampMs}`]
    })
    expect(task.takeSent(), `seed ${seed}`).toEqual(expected.flat())
  }
})

test('windows that grow count what has come by their ends, and close once, whatever the time jumps to', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed)
    const stepMs = 1 + random.below(5)
    const [sizeMs, graceMs] = [stepMs * (1 + random.below(5)), random.below(20)]
    const functions = new TestFunctions()
    const label = ({ key, start, end }: { key: string; start: number; end: number }): string =>
      `${key} ${start}-${end}`
    const task = new TestTask({
      nodes: [
        source,
        {
          kind: 'window-aggregate',
          id: 'w',
          input: 'in',
          windows: { kind: 'cumulating', sizeMs, stepMs, graceMs },
          fold: { kind: 'count' },
          store: 'kept',
          emit: 'close',
        },
        { kind: 'to-stream', id: 's', input: 'w', mapper: functions.add('keyTransformer', label) },
        sink('s'),
      ],
      stores: [windowStore(stepMs, sizeMs + graceMs)],
      functions,
    })
    const counts = new Map<string, { readonly window: Windowed; count: number }>()
    let largestMs = 0
    for (const { key, timestampMs } of events(random)) {
      task.push('in', key, 'v', { timestampMs })
      largestMs = Math.max(largestMs, timestampMs)
      const startMs = Math.floor(timestampMs / sizeMs) * sizeMs
      const ends = Array.from({ length: sizeMs / stepMs }, (_, step) => startMs + (step + 1) * stepMs)
      for (const endMs of ends.filter((end) => end > timestampMs && end > largestMs - graceMs)) {
        const name = `${key} ${startMs}-${endMs}`
        const known = counts.get(name) ?? { window: new Windowed(key, startMs, endMs), count: 0 }
        known.count++
        counts.set(name, known)
      }
    }
    const closed = [...counts].filter(([, { window }]) => window.endMs <= largestMs - graceMs)
    const expected = closed.map(([name, { count }]) => `out: ${name}=${count}`)
    const told = task.takeSent().map((line) => line.replace(/ @\d+$/, ''))
    expect(told.toSorted(), `seed ${seed}`).toEqual(expected.toSorted())
  }
})
