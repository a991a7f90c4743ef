import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EngineKind } from '../../src/store/state-engines.ts'
import { readCase, type GoldenCase, type RunName } from './golden-case.ts'
import { endsInBetween, keepsState, onDisk, runCase, type RunState } from './run-case.ts'

// One answer, however the work is cut: whole, split over tasks and threads, stopped and started, killed, exactly or at least once.
// With WEFT_GOLDEN=full every run goes with every engine, at least once is split too, and those that end do so after every record.
const full = process.env['WEFT_GOLDEN'] === 'full'
const folder = join(import.meta.dirname, 'cases')
const cases = await Promise.all(
  readdirSync(folder)
    .toSorted()
    .map((name) => readCase(folder, name)),
)
const timeoutMs = full ? 600_000 : 120_000

/** What an ordinary test run has on disk: runs that leave something there for the next life. */
const quickOnDisk: Readonly<Record<EngineKind, readonly RunName[]>> = {
  rocksdb: ['stopped', 'stopped at least once', 'crashed'],
  sqlite: ['stopped at least once', 'crashed'],
}

interface Run {
  readonly about: string
  readonly run: RunName
  readonly changed: { readonly partitions?: number; readonly endEvery?: number }
}

function runsOf({ runs, quickRuns }: GoldenCase): readonly Run[] {
  if (!full) return quickRuns.map((run) => ({ about: run, run, changed: {} }))
  const isSplit = runs.includes('split') && runs.includes('at least once')
  return [
    ...runs.map((run) => ({ about: run, run, changed: {} })),
    ...runs
      .filter(endsInBetween)
      .map((run) => ({ about: `${run} after each record`, run, changed: { endEvery: 1 } })),
    ...(isSplit
      ? [{ about: 'at least once, split', run: 'at least once', changed: { partitions: 4 } } as const]
      : []),
  ]
}

async function compare(golden: GoldenCase, { run, changed }: Run, state: RunState): Promise<void> {
  const { actual, expected } = await runCase(golden, run, state, changed)
  expect(actual).toEqual(expected)
}

describe.each(cases)('$name: $about', (golden) => {
  test.each(runsOf(golden))('$about', { timeout: timeoutMs }, async (run) => {
    await compare(golden, run, { engine: 'memory' })
  })
})

const onDisks = cases.filter(keepsState).flatMap((golden) =>
  (['rocksdb', 'sqlite'] as const).flatMap((engine) =>
    runsOf(golden)
      .filter(({ run }) => full || quickOnDisk[engine].includes(run))
      .map((run) => ({ name: golden.name, golden, engine, run, about: run.about })),
  ),
)

test.each(onDisks)(
  '$name with its stores in $engine: $about',
  { timeout: timeoutMs },
  async ({ golden, engine, run }) => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-golden-'))
    try {
      await compare(onDisk(golden), run, { engine, folder })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
