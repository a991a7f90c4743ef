import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OrderedStore, StoreEntry } from './contracts.ts'
import { ProcessEngines } from './state-engines.ts'

const budgetBytes = 8 * 1_048_576
const storeCount = 50
const rounds = 10
const roundEntries = 100
const value = (number: number): Buffer => Buffer.alloc(1024, number % 251)
const keyOf = (number: number): Buffer => Buffer.from(String(number).padStart(12, '0'))

/** Keys of all rounds lie between each other, as those of a stream do. */
function entriesOf(round: number): StoreEntry[] {
  const numbers = Array.from({ length: roundEntries }, (_, index) => index * rounds + round)
  return numbers.map((number) => ({ key: keyOf(number), value: value(number) }))
}

/** How many of every third entry are not what was written. */
function wrongIn(store: OrderedStore): number {
  let wrong = 0
  for (let number = 0; number < rounds * roundEntries; number += 3)
    if (store.get(keyOf(number))?.[0] !== number % 251) wrong++
  return wrong
}

test('the stores of 50 tasks stay within one budget of memory, several times less than what they hold', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-budget-'))
  const engines = await ProcessEngines.open({ kind: 'rocksdb', folder, budgetBytes })
  let mostBytes = 0
  let wrong = 0
  const measure = (): void => {
    mostBytes = Math.max(mostBytes, engines.memoryBytes)
  }
  try {
    const thread = engines.forThread(0)
    const stores = Array.from({ length: storeCount }, (_, task) =>
      thread.open({ task: `0_${task}`, store: 'counts' }),
    )
    for (let round = 0; round < rounds; round++) {
      for (const store of stores) {
        store.write({ entries: entriesOf(round), position: undefined })
        measure()
      }
    }
    for (const store of stores) {
      wrong += wrongIn(store)
      measure()
    }
    expect(wrong).toBe(0)
    expect(mostBytes).toBeGreaterThan(budgetBytes / 2)
    expect(mostBytes).toBeLessThanOrEqual(budgetBytes)
    expect(storeCount * rounds * roundEntries * 1024).toBeGreaterThan(6 * budgetBytes)
  } finally {
    await engines.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
