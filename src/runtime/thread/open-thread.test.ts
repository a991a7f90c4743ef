import { expect, test } from 'vitest'
import type { StreamError } from '../../base/errors.ts'
import { TestCluster } from '../../testing/cluster.ts'
import { expression, mapped } from '../fixtures.ts'

test('says of every function that does not compile what is wrong with it, at once', async () => {
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const broken = ['first', 'second'].map((name) => expression(name, 'generic', `${name} +`))
  const topology = { ...mapped('value.'), functions: { namespace: 'test', functions: broken } }
  const application = cluster.application(topology)
  application.start()
  const error = await cluster.run(
    application.done.then(
      () => undefined,
      (thrown: unknown) => thrown as StreamError,
    ),
  )
  expect(error?.code).toBe('FUNCTION_INVALID')
  const all = error === undefined ? [] : [error, ...error.others]
  expect(all.map(({ message }) => message)).toEqual(
    ['function "first"', 'function "second"', 'this function'].map((name) => `${name} can not be compiled`),
  )
})
