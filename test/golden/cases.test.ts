import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EngineKind } from '../../src/store/state-engines.ts'
import { readCase, runNames, type RunName } from './golden-case.ts'
import { keepsState, onDisk, runCase } from './run-case.ts'

// One answer, however the work is cut: whole, split over tasks and threads, stopped and started, killed, exactly or at least once.
const folder = join(import.meta.dirname, 'cases')
const cases = await Promise.all(readdirSync(folder).toSorted().map((name) => readCase(folder, name)))

describe.each(cases)('$name: $about', (golden) => {
  test.each(golden.runs)('%s', async (run) => {
    const { actual, expected } = await runCase(golden, run)
    expect(actual).toEqual(expected)
  })
})

/** Every run with WEFT_GOLDEN_ENGINES=all; else those that leave something on disk for the next life. */
const runsOnDisk: Readonly<Record<EngineKind, readonly RunName[]>> =
  process.env['WEFT_GOLDEN_ENGINES'] === 'all'
    ? { rocksdb: runNames, sqlite: runNames }
    : { rocksdb: ['stopped', 'stopped at least once', 'crashed'], sqlite: ['stopped at least once', 'crashed'] }

const onDisks = cases.filter(keepsState).flatMap((golden) =>
  (['rocksdb', 'sqlite'] as const).flatMap((engine) =>
    golden.runs
      .filter((run) => runsOnDisk[engine].includes(run))
      .map((run) => ({ name: golden.name, golden, engine, run })),
  ),
)

test.each(onDisks)('$name with its stores in $engine: $run', async ({ golden, engine, run }) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-golden-'))
  try {
    const { actual, expected } = await runCase(onDisk(golden), run, { engine, folder })
    expect(actual).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
