import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deferred } from '../../base/deferred.ts'
import { StreamError } from '../../base/errors.ts'
import { silentLogger } from '../../base/logger.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { MetricRegistry } from '../../base/metrics.ts'
import { seededRandom } from '../../base/random.ts'
import { ProcessEngines } from '../../store/state-engines.ts'
import { newRawRecord } from '../task/raw-record.ts'
import { passThrough } from '../fixtures.ts'
import { resolveOptions } from '../options.ts'
import type { ThreadParts } from '../thread/thread-parts.ts'
import { ThreadSlot } from './thread-slot.ts'

const clock = new ManualClock()
const parts: ThreadParts = {
  index: 0,
  processId: 'p',
  isFirstLife: true,
  isLastLife: false,
  topology: passThrough(),
  options: resolveOptions({
    applicationId: 'app',
    kafka: { bootstrap: 'broker:9092' },
    identity: { kind: 'fixed', processId: 'p' },
    restartsMax: 3,
  }),
  surroundings: { connector: undefined, clock, random: seededRandom(1), logger: silentLogger },
  metrics: new MetricRegistry(),
  onOpened: () => {},
  compiled: () => Promise.resolve(),
  onCommitted: () => {},
  onRestore: () => {},
}

/** A slot whose lives end as the list says, one after the other; the last goes on until it is stopped. */
function slotOf(lives: readonly ((life: ThreadParts) => StreamError)[], more: Partial<ThreadParts> = {}) {
  const starts: number[] = []
  const slot = new ThreadSlot({ ...parts, ...more }, (life) => {
    const end = lives[starts.length]
    starts.push(clock.nowMs())
    const stopped = deferred()
    const done = end === undefined ? stopped.promise : Promise.reject(end(life))
    return {
      done,
      stop: () => stopped.resolve(),
      terminate: () => {},
      status: () => ({ thread: 0, sourceTopics: [], knowsItsTasks: false, tasks: [] }),
    }
  })
  return { slot, starts }
}

const unreachable = (life: ThreadParts): StreamError => {
  life.onOpened()
  return new StreamError('BROKER_UNREACHABLE', 'no broker')
}

test('replaces a thread that failed for a reason that passes, after a pause that doubles', async () => {
  const { slot, starts } = slotOf([unreachable, unreachable])
  const startMs = clock.nowMs()
  const run = slot.run()
  await clock.advance(1000)
  slot.stop()
  await run
  expect(starts.map((ms) => ms - startMs)).toEqual([0, 100, 300])
})

test('gives up after too many failures in a row', async () => {
  const last: boolean[] = []
  const fails = (life: ThreadParts): StreamError => {
    last.push(life.isLastLife)
    return unreachable(life)
  }
  const { slot, starts } = slotOf([fails, fails, fails, fails])
  const run = slot.run()
  const failed = expect(run).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  await clock.advance(10_000)
  await failed
  expect(starts).toHaveLength(4)
  expect(last).toEqual([false, false, false, true])
})

test('counts failures anew after a commit', async () => {
  const afterCommit = (life: ThreadParts): StreamError => {
    life.onCommitted()
    return unreachable(life)
  }
  const { slot, starts } = slotOf([unreachable, unreachable, afterCommit, unreachable, unreachable])
  const run = slot.run()
  await clock.advance(10_000)
  slot.stop()
  await run
  expect(starts).toHaveLength(6)
})

test('counts failures anew when a record has broken two interpreters, for the next life gets past it', async () => {
  const offsets = [1, 1, 2, 2, 3, 3]
  const known: number[] = []
  const breaks = offsets.map((offset) => (life: ThreadParts): StreamError => {
    known.push(life.breaking?.all.length ?? -1)
    const broken = new StreamError('INTERPRETER_FAILED', 'broken')
    const raw = { ...newRawRecord(), topic: 'input', partition: 0, offset }
    return life.breaking?.judge(raw, broken, { ...parts.options.policies, function: 'skip' }) ?? broken
  })
  const { slot, starts } = slotOf(breaks)
  const run = slot.run()
  await clock.advance(10_000)
  slot.stop()
  await run
  expect(starts).toHaveLength(7)
  expect(known).toEqual([0, 1, 1, 2, 2, 3])
})

test('ends at once for what the author has to mend, and for a cluster that was never reached', async () => {
  const user = slotOf([() => new StreamError('FUNCTION_FAILED', 'no')])
  await expect(user.slot.run()).rejects.toMatchObject({ code: 'FUNCTION_FAILED' })
  const never = slotOf([() => new StreamError('BROKER_UNREACHABLE', 'no broker')])
  await expect(never.slot.run()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
})

test('lets go of stores that a thread which nothing replaces has left open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-slot-'))
  const engines = await ProcessEngines.open({ kind: 'sqlite', folder, budgetBytes: 1_048_576 })
  try {
    const place = { task: '0_0', store: 'left' }
    const dies = (life: ThreadParts): StreamError => {
      life.engines?.forThread(life.index).open(place)
      return new StreamError('INVARIANT_BROKEN', 'a defect')
    }
    await expect(slotOf([dies], { engines }).slot.run()).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' })
    expect([engines.places(), engines.isOpen(place)]).toEqual([[place], false])
  } finally {
    await engines.close()
    rmSync(folder, { recursive: true })
  }
})
