/** State that survives: `weft` as a process that is killed and started again, against the embedded broker over loopback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { runWeft, startWeft } from '../weft-process.ts'
import { CountingApplication, logged } from './counting-application.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-state-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

describe.each([
  { engine: 'rocksdb', threads: 2 },
  { engine: 'sqlite', threads: 1 },
])('an application that is killed, its stores in $engine, with $threads threads', ({ engine, threads }) => {
  test('goes on from its disk and counts every record once', async () => {
    const application = await CountingApplication.make(`${engine}-${threads}`, bootstrap, folder)
    const { stateDir } = application
    const how = ['--state-engine', engine, '--threads', String(threads), '--log-level', 'debug']
    const run = application.run(...how)
    await application.produce(5)
    const first = startWeft(run)
    await logged(first, new RegExp(`"engine":"${engine}"`))
    await application.counts(100)
    await first.kill()
    await application.produce(5)
    const second = await runWeft([...run, '--until-end'])
    expect(second.code, second.stderr).toBe(0)
    const final = await application.counts(200)
    expect([...final.values()]).toEqual(Array.from({ length: 20 }, () => 10))
    expect(second.stderr).not.toContain('is rebuilt')

    const listed = await runWeft(['state', '--state-dir', stateDir, '--bootstrap', bootstrap])
    expect(listed.code, listed.stderr).toBe(0)
    const rows = listed.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(rows[0]).toEqual(['application', 'task', 'store', 'engine', 'entries', 'bytes', 'position', 'lag'])
    expect(rows.slice(1).map(([, , store, kind]) => `${store} ${kind}`)).toEqual(
      Array.from({ length: 4 }, () => `totals ${engine}`),
    )
    expect(rows.slice(1).reduce((sum, row) => sum + Number(row[4]), 0)).toBe(20)
    // Nothing is missing, though the mark of the last transaction stands behind the last record.
    expect(rows.slice(1).map((row) => row[7])).toEqual(['0', '0', '0', '0'])
  }, 300_000)
})
