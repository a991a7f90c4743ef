import { expect, test } from 'vitest'
import { Joining } from './joining.ts'

test('lets what leaves in one go join together, and the next only when the former has joined', async () => {
  const joining = new Joining()
  expect([joining.admits('a-0', 1), joining.admits('a-1', 1), joining.admits('b-0', 2)]).toEqual([
    true,
    true,
    false,
  ])
  await Promise.resolve()
  expect([joining.admits('a-2', 1), joining.admits('b-0', 2)]).toEqual([false, false])
  joining.joined('a-0')
  expect(joining.admits('b-0', 2)).toBe(false)
  joining.joined('a-1')
  expect(joining.admits('b-0', 2)).toBe(true)
})

test('a partition that has joined, or is being sent again, never waits for another', async () => {
  const joining = new Joining()
  joining.admits('a-0', 1)
  joining.joined('a-0')
  joining.admits('a-1', 1)
  await Promise.resolve()
  expect([joining.admits('a-0', 1), joining.admits('a-1', 1)]).toEqual([true, true])
})

test('a lost batch, or another transaction, makes room', async () => {
  const joining = new Joining()
  joining.admits('a-0', 1)
  await Promise.resolve()
  joining.failed('a-0')
  expect([joining.has('a-0'), joining.admits('a-1', 1)]).toEqual([false, true])
  await Promise.resolve()
  joining.clear()
  expect([joining.has('a-1'), joining.admits('a-2', 1)]).toEqual([false, true])
})
