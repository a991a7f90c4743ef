import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger, type Logger } from '../../base/logger.ts'
import { TestCluster } from '../../testing/cluster.ts'
import type { Topology } from '../../topology/topology.ts'
import { countByKey, passThrough } from '../fixtures.ts'
import { readStoredState } from '../stored-state.ts'

test('what an engine that is not used any more has kept is named at each start, and stays', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-engines-'))
  const warned: unknown[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) =>
      void (message.includes('an engine that is not used') && warned.push(fields?.['folder'])),
    with: () => logger,
  }
  try {
    await using cluster = new TestCluster({ time: 'jump', logger })
    for (const topic of ['words', 'counts', 'input', 'output']) await cluster.createTopic(topic)
    const warnings = async (topology: Topology, engine: 'sqlite' | 'rocksdb' | 'memory') => {
      warned.length = 0
      const state = { engine, memoryBytes: 1_048_576 }
      const application = cluster.application(topology, { identity: { kind: 'folder', stateDir }, state })
      application.start()
      // Opening RocksDB takes real time.
      while (application.state === 'starting' && application.threads().length === 0)
        await new Promise((resolve) => setImmediate(resolve))
      await cluster.until(() => application.state === 'running')
      await cluster.run(application.stop())
      return [...warned]
    }
    const counts = countByKey({ persistent: true })
    const folder = (engine: string): string => join(stateDir, 'app', engine)
    expect(await warnings(counts, 'sqlite')).toEqual([])
    expect(await warnings(counts, 'rocksdb')).toEqual([folder('sqlite')])
    expect(await warnings(counts, 'memory')).toEqual([folder('rocksdb'), folder('sqlite')])
    expect(await warnings(passThrough(), 'sqlite')).toEqual([folder('rocksdb'), folder('sqlite')])
    const [stored] = await readStoredState(stateDir)
    expect(stored?.stores.map(({ engine }) => engine)).toEqual(['rocksdb', 'sqlite'])
  } finally {
    rmSync(stateDir, { recursive: true })
  }
})
