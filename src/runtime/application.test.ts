import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

test('stopped by whoever hears that it starts, an application never begins', async () => {
  await using cluster = new TestCluster()
  const requests: string[] = []
  const application = cluster.application(
    passThrough(),
    {},
    {
      onStep: (step) => {
        if (step.startsWith('send ')) requests.push(step)
        if (step === 'log application state' && application.state === 'starting') void application.stop()
      },
    },
  )
  application.start()
  await cluster.until(() => application.state === 'stopped', 1000)
  await cluster.advance(10_000)
  expect(requests).toEqual([])
})
