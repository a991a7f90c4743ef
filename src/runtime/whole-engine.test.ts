import { describe, expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

describe('a stateless pipeline', () => {
  test('passes records on, each once and in order', async () => {
    await using cluster = new TestCluster()
    await cluster.createTopic('input')
    await cluster.createTopic('output')
    const values = Array.from({ length: 100 }, (_, index) => String(index))
    await cluster.produce(
      'input',
      values.map((value) => ({ key: 'k', value })),
    )
    const application = cluster.application(passThrough())
    application.start()
    await cluster.until(async () => (await cluster.read('output')).length >= 100)
    const output = await cluster.read('output')
    expect(output.map(({ value }) => value?.toString())).toEqual(values)
  })
})
