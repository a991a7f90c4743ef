/** How commands begin and end: `weft` as a process of its own against the embedded broker over loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { openIdentity } from '../../src/runtime/identity/process-identity.ts'
import { runWeft } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-command-line-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string

beforeAll(async () => {
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
  await using cluster = openCluster({ bootstrap }, silentLogger)
  const names = ['words', 'copies', 'keyed', 'broken', 'mixed', 'open']
  await cluster.kafka.admin.createTopics(
    names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

function definition(name: string): string {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `name: ${name}
streams:
  words: { topic: words, keyType: string, valueType: string }
  copies: { topic: copies, keyType: string, valueType: string }
pipelines: { main: { from: words, to: copies } }
`,
  )
  return path
}

test('a run whose second application cannot start stops the first and ends', async () => {
  const stateDir = join(folder, 'locked')
  const held = openIdentity({ kind: 'folder', stateDir }, 'second')
  const files = [definition('first'), definition('second')]
  const run = await runWeft(['run', ...files, '--bootstrap', bootstrap, '--state-dir', stateDir], {
    timeoutMs: 30_000,
  })
  held.release()
  expect(run.stderr).toContain('STATE_LOCKED')
  expect(run.code).toBe(1)
})

test('records that are skipped are no dead letters', async () => {
  await runWeft(['produce', 'mixed', '--bootstrap', bootstrap], { input: '{"id":1}\n{"id":\n' })
  writeFileSync(
    join(folder, 'skipping.yaml'),
    `ksml:
  configDirectory: .
  storageDirectory: skipping
  createStorageDirectory: true
  errorHandling: { consume: { handler: continueOnFail } }
  definitions:
    skips:
      streams:
        mixed: { topic: mixed, keyType: string, valueType: json }
        copies: { topic: copies, keyType: string, valueType: json }
      pipelines: { main: { from: mixed, to: copies } }
kafka: { application.id: skipping, bootstrap.servers: '${bootstrap}', commit.interval.ms: 100 }
`,
  )
  const run = await runWeft(['run', '--config', join(folder, 'skipping.yaml'), '--until-end'], { folder })
  expect(run.stderr).toMatch(/^in 2, out 1, dead letters 0, skipped 1, \d+\.\d s$/m)
  expect(run.code).toBe(0)
})
