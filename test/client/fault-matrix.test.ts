/**
 * Each API that the client uses, broken in every way: each error of Kafka's table, without and in spite of the request's effect, once and
 * for ever; connections cut and answers lost, before and after. The client must end, say what `outcomes.txt` says, and break no law:
 * what was acknowledged stays, nothing is written twice, no transaction stays open.
 *
 * Then many faults at once, by chance: those that pass must be survived. A run takes every so-manieth cell and few seeds; `FAULTS=full` takes all, and writes `outcomes.txt` anew with `-u`.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apis } from '../../src/protocol/apis.ts'
import { administersGroups } from './administers-groups.ts'
import { administers } from './administers.ts'
import { authenticates } from './authenticates.ts'
import { follows } from './follows.ts'
import { joins } from './joins.ts'
import { cellsOf, cellText, mustGoOn, tryOut, type Cell } from './matrix.ts'
import { moves } from './moves.ts'
import { exceptionLines, outcomeIn, type Told } from './outcomes.ts'
import { reads } from './reads.ts'
import { weather } from './storm.ts'
import type { Workload } from './workload.ts'
import { writes } from './writes.ts'

const full = process.env['FAULTS'] === 'full'
/** No divisor of the number of faults, so that a run meets each kind at some API. */
const smokeStep = 53
const storms = full ? 200 : 2
const workloads: readonly Workload[] = [
  writes,
  reads,
  follows,
  moves(1),
  moves(2),
  joins,
  administers,
  administersGroups,
  authenticates,
]
const file = join(import.meta.dirname, 'outcomes.txt')
const pinned = readFileSync(file, 'utf8').trim().split('\n')
const told: Told[] = []

/** Who says that it has a batch which it was never sent takes it from us: no client could know. */
function isLie({ api, fault }: Cell): boolean {
  return (
    api === 'Produce' &&
    fault.kind === 'error' &&
    fault.error === 'DUPLICATE_SEQUENCE_NUMBER' &&
    fault.when === 'instead'
  )
}

describe.each(workloads)('a client that $name', (workload) => {
  const cells = cellsOf(workload).filter((cell) => !isLie(cell))

  test('ends each time with what is written down, and breaks no law', { timeout: 900_000 }, async () => {
    const chosen = full ? cells : cells.filter((_, index) => index % smokeStep === 0)
    expect(chosen.length).toBeGreaterThan(4)
    for (const cell of chosen) {
      const outcome = await tryOut(cell).catch((error: unknown) => {
        throw new Error(cellText(cell), { cause: error })
      })
      told.push({ cell, outcome })
      if (mustGoOn(cell)) expect(outcome, cellText(cell)).toBe('goes on')
      else if (!full) expect(outcome, cellText(cell)).toBe(outcomeIn(pinned, cell))
      expect(['INVARIANT_BROKEN', 'INTERRUPTED'], cellText(cell)).not.toContain(outcome)
    }
  })

  test('goes on through storms of faults that pass, and breaks no law', { timeout: 900_000 }, async () => {
    for (let seed = 1; seed <= storms; seed++) {
      const outcome = await weather(workload, seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error })
      })
      expect(outcome, `seed ${seed}`).toBe('goes on')
    }
  })
})

test('every API that the client sends is broken somewhere', async () => {
  const sources = globSync('src/kafka/**/*.ts').filter((file) => !/\.test\.ts$|fixtures/.test(file))
  const used = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bapis\.(\w+)/g)].map(([, name = '']) => name),
  )
  const sent = new Set(Object.entries(apis).flatMap(([key, { name }]) => (used.includes(key) ? [name] : [])))
  expect(sent.size).toBeGreaterThan(30)
  expect([...sent].filter((api) => !workloads.some((workload) => workload.apis.includes(api)))).toEqual([])
})

if (full) {
  test('what is written down is what happens', async () => {
    await expect(`${exceptionLines(told).join('\n')}\n`).toMatchFileSnapshot(file)
  })
}
