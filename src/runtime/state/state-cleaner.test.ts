import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger } from '../../base/logger.ts'
import type { Logger } from '../../base/logger.ts'
import { ProcessEngines } from '../../store/state-engines.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { countByKey, streamTableJoin } from '../fixtures.ts'

const minuteMs = 60_000

test.each(['rocksdb', 'sqlite'] as const)(
  'stores of tasks that are elsewhere are kept for ten minutes, those of its own for ever: %s',
  async (kind) => {
    const deleted: string[] = []
    const logger: Logger = {
      ...silentLogger,
      info: (message, fields) =>
        void (message.startsWith('a store is deleted') && deleted.push(String(fields?.['task']))),
      with: () => logger,
    }
    const folder = mkdtempSync(join(tmpdir(), 'weft-cleaner-'))
    const engines = await ProcessEngines.open({ kind, folder, budgetBytes: 1_048_576 })
    const tasks = () =>
      engines
        .places()
        .map(({ task }) => task)
        .toSorted()
    try {
      await using cluster = new TestCluster({ time: 'jump', logger })
      await cluster.createTopic('words', 4)
      await cluster.createTopic('counts')
      const topology = countByKey({ persistent: true })
      const first = cluster.application(topology, { threads: 2 }, { engines })
      first.start()
      await cluster.until(() => first.state === 'running')
      const all = ['1_0', '1_1', '1_2', '1_3']
      expect(tasks()).toEqual(all)
      const second = cluster.application(topology)
      second.start()
      await cluster.until(() => second.state === 'running')
      await cluster.advance(5 * minuteMs)
      expect(tasks()).toEqual(all)
      await cluster.advance(10 * minuteMs)
      const own = first
        .threads()
        .flatMap((thread) => thread.tasks.map(({ id }) => id))
        .filter((id) => id.startsWith('1_'))
      expect(own).not.toHaveLength(all.length)
      expect(tasks()).toEqual(own.toSorted())
      expect([...deleted, ...own].toSorted()).toEqual(all)
      await cluster.advance(30 * minuteMs)
      expect(tasks()).toEqual(own.toSorted())
      await cluster.run(first.stop())
    } finally {
      await engines.close()
      rmSync(folder, { recursive: true })
    }
  },
)

test('a process that has lost all its tasks deletes their stores', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-cleaner-'))
  const engines = await ProcessEngines.open({ kind: 'sqlite', folder, budgetBytes: 1_048_576 })
  try {
    await using cluster = new TestCluster({ time: 'jump' })
    await cluster.createTopic('orders')
    await cluster.createTopic('customers')
    await cluster.createTopic('output')
    const first = cluster.application(streamTableJoin(), { leaveOnClose: true }, { engines })
    first.start()
    await cluster.until(() => first.state === 'running')
    await cluster.run(first.stop())
    expect(engines.places()).toHaveLength(1)
    const second = cluster.application(streamTableJoin())
    second.start()
    await cluster.until(() => second.state === 'running')
    const back = cluster.application(streamTableJoin(), {}, { engines })
    back.start()
    await cluster.advance(12 * minuteMs)
    expect(back.threads().flatMap(({ tasks }) => tasks)).toEqual([])
    expect(engines.places()).toEqual([])
    await cluster.run(back.stop())
  } finally {
    await engines.close()
    rmSync(folder, { recursive: true })
  }
})
