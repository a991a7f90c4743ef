import { expect, test } from 'vitest'
import { silentLogger, type LogFields, type Logger } from '../../base/logger.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { countByKey } from '../fixtures.ts'

type Line = readonly [message: string, fields: LogFields]

function collecting(lines: Line[]): Logger {
  return {
    ...silentLogger,
    info: (message, fields = {}) => lines.push([message, fields]),
    with: () => collecting(lines),
  }
}

test('an assignment is one line, whatever the number of its tasks, and what is restored for it another', async () => {
  const lines: Line[] = []
  await using cluster = new TestCluster({ logger: collecting(lines) })
  await cluster.createTopic('words', 8)
  await cluster.createTopic('counts', 1)
  const values = Array.from({ length: 16 }, (_, n) => ({ key: null, value: `w${n}`, partition: n % 8 }))
  await cluster.produce('words', values)
  const run = async (): Promise<Line[]> => {
    lines.length = 0
    const application = cluster.application(countByKey(), { leaveOnClose: true })
    application.start()
    await cluster.until(() => application.state === 'running')
    await cluster.untilRead('counts', (read) => read.length === 16)
    await cluster.run(application.stop())
    return lines.filter(([message]) => /task|store/.test(message))
  }
  expect(await run()).toEqual([['tasks run', { tasks: 16, afterMs: expect.any(Number) }]])
  const offsets = lines.filter(([message]) => message === 'no committed offset')
  expect(Object.keys(offsets[0]?.[1] ?? {})).toEqual(['beginsAt'])
  expect(offsets.flatMap(([, { beginsAt }]) => Object.entries(beginsAt as object))).toContainEqual([
    'words-3',
    0,
  ])
  const again = await run()
  expect(lines.map(([message]) => message)).not.toContain('no committed offset')
  expect(again.map(([message]) => message)).toEqual(['stores are restored', 'tasks run'])
  expect(again[0]?.[1]).toMatchObject({ records: expect.any(Number) })
})
