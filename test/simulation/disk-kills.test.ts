/**
 * A broker in a child process is killed at a random byte of what it writes, under load of clients of all kinds; what it left is
 * compared, record by record, with what they were told. Then the next child goes on in the same folder.
 *
 *     BROKER_KILLS=500 BROKER_KILLS_SEED=7 npx vitest run --project whole test/simulation/disk-kills.test.ts
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { TempFolder } from '../../src/broker/fixtures/data-folder.ts'
import { Ledger } from './disk-kills/ledger.ts'
import { load } from './disk-kills/load.ts'
import { verify } from './disk-kills/verify.ts'

const kills = Number(process.env['BROKER_KILLS'] ?? 4)
const seed = Number(process.env['BROKER_KILLS_SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
/** Then a fresh folder: a ledger that only grows would make each comparison longer. */
const killsOfFolder = 10
const bytesMax = 150_000
/** Of a busy machine. */
const startLimitMs = 120_000

test(
  `nothing acknowledged is lost, nothing is there by half and nothing else is there, killed ${kills} times (seed ${seed})`,
  async () => {
    const random = seededRandom(seed)
    using compiled = new TempFolder()
    vi.stubEnv('NODE_COMPILE_CACHE', compiled.path)
    for (let left = kills; left > 0; left -= killsOfFolder) {
      using folder = new TempFolder()
      await killAgainAndAgain(folder.path, Math.min(left, killsOfFolder), random)
    }
  },
  60_000 + startLimitMs + kills * 20_000,
)

async function killAgainAndAgain(folder: string, times: number, random: Random): Promise<void> {
  const ledger = new Ledger()
  for (let kill = 0; kill < times; kill++) {
    const bytes = 1 + random.below(random.below(3) === 0 ? 5000 : bytesMax)
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'disk-kills/child.ts'), folder, String(bytes)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    try {
      const ended = once(child, 'exit')
      const port = await portOf(child)
      const failures = port === undefined ? [] : await load({ port, ledger, random })
      expect(failures).toEqual([])
      const [, signal] = await ended
      expect(signal).toBe('SIGKILL')
    } finally {
      child.kill('SIGKILL')
    }
    expect(await verify(folder, ledger)).toEqual([])
  }
}

/** Undefined where it died before it could serve. */
async function portOf(child: ChildProcess): Promise<number | undefined> {
  const signal = AbortSignal.timeout(startLimitMs)
  const { stdout } = child
  if (stdout === null) throw new Error('the child has no output')
  const [chunk] = await Promise.race([once(stdout, 'data', { signal }), once(stdout, 'end', { signal })])
  return chunk === undefined ? undefined : Number(String(chunk))
}
