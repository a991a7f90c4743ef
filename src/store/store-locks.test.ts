import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { StoreLocks } from './store-locks.ts'

const placeOf = (index: number) => ({ task: `0_${index}`, store: 'contents' })
const count = 10_000

test('ten thousand stores are open at once, and others after them, without end', () => {
  const locks = new StoreLocks()
  for (let round = 0; round < 2; round++) {
    const places = Array.from({ length: count }, (_, index) => placeOf(round * count + index))
    for (const [index, place] of places.entries()) locks.claim(place, index % 4)
    expect(places.every((place) => locks.isClaimed(place))).toBe(true)
    const [first] = places
    expect(() => locks.claim(first ?? placeOf(0), 1)).toThrow(
      expect.objectContaining({ code: 'STORE_IN_USE', detail: 'Thread 1 has it.' }),
    )
    for (const [index, place] of places.entries()) locks.release(place, index % 4)
    expect(places.some((place) => locks.isClaimed(place))).toBe(false)
  }
})

test('more than find room are refused with what to do, and what was open stays so', () => {
  const locks = new StoreLocks()
  let open = 0
  const openAll = (): void => {
    for (; open <= 16_384; open++) locks.claim(placeOf(open), 0)
  }
  expect(openAll).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: 'more stores are open than a process can have',
      hint: expect.stringContaining('more processes'),
    }),
  )
  expect(open).toBeGreaterThan(12_000)
  expect(locks.tryClaim(placeOf(open - 1), 1)).toBe(false)
})

test('what a thread left open when it died is let go; what others have is not', () => {
  const locks = new StoreLocks()
  locks.claim(placeOf(1), 0)
  locks.claim(placeOf(2), 1)
  locks.releaseAll(0)
  locks.claim(placeOf(1), 1)
  expect(() => locks.claim(placeOf(2), 0)).toThrow(expect.objectContaining({ code: 'STORE_IN_USE' }))
})

/** Claims one store over and over, and counts how often it had it and somebody else was in there, too. */
const contender = `
const { workerData, parentPort } = require('node:worker_threads')
import(workerData.module).then(({ StoreLocks }) => {
  const locks = new StoreLocks(workerData.shared)
  const inside = new Int32Array(workerData.inside)
  const place = { task: '0_0', store: 'contents' }
  let had = 0
  let together = 0
  for (let turn = 0; turn < 10_000; turn++) {
    if (!locks.tryClaim(place, workerData.owner)) continue
    had++
    if (Atomics.add(inside, 0, 1) !== 0) together++
    Atomics.sub(inside, 0, 1)
    locks.release(place, workerData.owner)
  }
  parentPort.postMessage({ had, together })
})`

test('of threads that want a store at the same time one has it', async () => {
  const { shared } = new StoreLocks()
  const inside = new SharedArrayBuffer(4)
  const module = new URL('./store-locks.ts', import.meta.url).href
  const said = await Promise.all(
    [0, 1, 2].map(async (owner) => {
      const worker = new Worker(contender, { eval: true, workerData: { module, shared, inside, owner } })
      const [message] = (await once(worker, 'message')) as [{ had: number; together: number }]
      await worker.terminate()
      return message
    }),
  )
  expect(said.map(({ together }) => together)).toEqual([0, 0, 0])
  expect(said.every(({ had }) => had > 0)).toBe(true)
})
