import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCase } from './golden-case.ts'
import { runCase } from './run-case.ts'

// One answer, however the work is cut: whole, split over tasks and threads, stopped and started, killed, exactly or at least once.
const folder = join(import.meta.dirname, 'cases')
const cases = await Promise.all(readdirSync(folder).toSorted().map((name) => readCase(folder, name)))

describe.each(cases)('$name: $about', (golden) => {
  test.each(golden.runs)('%s', async (run) => {
    const { actual, expected } = await runCase(golden, run)
    expect(actual).toEqual(expected)
  })
})
