import { expect, test } from 'vitest'
import { ManualClock } from '../../base/manual-clock.ts'
import { TransactionSize } from './transaction-size.ts'

const timeoutMs = 10_000

class Rounds {
  readonly #clock = new ManualClock()
  readonly size = new TransactionSize(timeoutMs, this.#clock)

  /** @returns how many of the records it took in */
  async inTime(records: number): Promise<number> {
    const taken = await this.#take(records, timeoutMs - 1)
    this.size.ended()
    return taken
  }

  /** @returns how many of the records it took in */
  async aborted(records: number, afterMs = timeoutMs): Promise<number> {
    const taken = await this.#take(records, afterMs)
    this.size.aborted()
    this.size.dropped()
    return taken
  }

  async #take(records: number, ms: number): Promise<number> {
    const taken = this.size.room(records)
    this.size.took(taken)
    this.size.ends()
    await this.#clock.advance(ms)
    return taken
  }
}

test('from the third time in a row a transaction that is too slow is made smaller, at once if it was', async () => {
  const rounds = new Rounds()
  const taken: number[] = []
  for (let round = 0; round < 6; round++) taken.push(await rounds.aborted(1000))
  expect(taken).toEqual([1000, 1000, 1000, 250, 62, 15])
})

test('what was aborted before its time, or once, or twice, changes nothing', async () => {
  const rounds = new Rounds()
  for (let round = 0; round < 10; round++) await rounds.aborted(1000, timeoutMs - 1)
  for (let round = 0; round < 10; round++) {
    await rounds.aborted(1000)
    await rounds.aborted(1000)
    await rounds.inTime(1000)
  }
  expect([rounds.size.limit, rounds.size.full]).toEqual([undefined, false])
})

test('twenty in time double it, up to where it began', async () => {
  const rounds = new Rounds()
  for (let round = 0; round < 3; round++) await rounds.aborted(400)
  const taken: number[] = []
  for (let round = 0; round < 60; round++) taken.push(await rounds.inTime(1000))
  expect([taken[0], taken[19], taken[20], taken[39], taken[40], taken[59]]).toEqual([
    100, 100, 200, 200, 1000, 1000,
  ])
})

test('what is taken in while the former one ends has its time from then on, and counts for itself', async () => {
  const clock = new ManualClock()
  const size = new TransactionSize(timeoutMs, clock)
  for (let round = 0; round < 5; round++) {
    size.took(100)
    size.ends()
    size.took(300)
    await clock.advance(timeoutMs - 1)
    size.ended()
    size.ends()
    await clock.advance(timeoutMs - 1)
    size.aborted()
    size.dropped()
  }
  expect(size.limit).toBeUndefined()
})

test('one record that is too slow fifteen times in a row is an error that says what to set', async () => {
  const rounds = new Rounds()
  for (let round = 0; round < 14; round++) expect(await rounds.aborted(1)).toBe(1)
  await rounds.inTime(1)
  for (let round = 0; round < 14; round++) expect(await rounds.aborted(1)).toBe(1)
  await expect(rounds.aborted(1)).rejects.toMatchObject({
    code: 'TRANSACTION_TOO_SLOW',
    message: 'a transaction of one record could not be flushed within 10s',
    hint: expect.stringContaining('transaction.timeout.ms') as string,
  })
})
