import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

const sessionTimeoutMs = 6000

test.each(['exactly_once_v2', 'at_least_once'] as const)(
  'an application whose group has lost what it committed stops, and does not process its input a second time, %s',
  async (guarantee) => {
    await using cluster = new TestCluster()
    for (const topic of ['input', 'output']) await cluster.createTopic(topic)
    await cluster.produce('input', [{ key: 'k', value: 'one' }])
    const application = cluster.application(passThrough(), {
      guarantee,
      sessionTimeoutMs,
      commitIntervalMs: 100,
    })
    application.start()
    const failure = application.done.catch((error: unknown) => error)
    await cluster.untilRead('output', (read) => read.length === 1)
    await cluster.advance(2000)
    // Out of reach for longer than its session: offsets of a group without members may be deleted.
    for (const api of ['Heartbeat', 'JoinGroup'])
      cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'before' } })
    await cluster.advance(sessionTimeoutMs * 2)
    const { admin } = cluster.kafka
    const [group] = await cluster.run(admin.listGroups())
    const { groupId } = group as { readonly groupId: string }
    expect(await cluster.run(admin.groupOffsets(groupId))).toMatchObject([{ topic: 'input', offset: 1 }])
    await cluster.run(admin.deleteGroupOffsets(groupId, [{ topic: 'input', partition: 0 }]))
    cluster.broker.faults.clear()
    await cluster.until(() => application.state === 'failed', 60_000)
    expect(await failure).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining('input-0'),
    })
    expect((await cluster.read('output')).map(({ value }) => String(value))).toEqual(['one'])
  },
)
