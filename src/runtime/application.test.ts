import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { globalTableOnly, passThrough } from './fixtures.ts'

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

test('an application whose group has no task for it runs, and one with more threads than tasks', async () => {
  await using cluster = new TestCluster({ time: 'jump' })
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const first = cluster.application(passThrough(), { threads: 2 })
  first.start()
  await cluster.until(() => first.state === 'running')
  expect(
    first
      .threads()
      .map(({ tasks }) => tasks.length)
      .toSorted((one, other) => one - other),
  ).toEqual([0, 1])
  const second = cluster.application(passThrough())
  second.start()
  await cluster.until(() => second.state === 'running')
  expect(second.threads().flatMap(({ tasks }) => tasks)).toEqual([])
  cluster.crash(first)
  await cluster.until(() => second.threads().some(({ tasks }) => tasks.length === 1))
  await cluster.until(() => second.state === 'running')
})

test('an application that has nothing but global tables runs', async () => {
  await using cluster = new TestCluster({ time: 'jump' })
  await cluster.createTopic('cities')
  const application = cluster.application(globalTableOnly())
  application.start()
  await cluster.until(() => application.state === 'running')
})

test('a thread without tasks that waits for another member to give one up is no reason to say that all run', async () => {
  await using cluster = new TestCluster({ time: 'jump' })
  await cluster.createTopic('input', 2)
  await cluster.createTopic('output')
  const first = cluster.application(passThrough())
  first.start()
  await cluster.until(() => first.state === 'running')
  const states: string[] = []
  const second = cluster.application(
    passThrough(),
    {},
    {
      onStep: (step) => {
        if (step === 'log application state') states.push(second.state)
      },
    },
  )
  // The first one gives up what is not its own any more and joins again; the second hears of that with a heartbeat.
  second.start()
  await cluster.until(() => second.state === 'running')
  expect(second.threads().map(({ tasks }) => tasks.length)).toEqual([1])
  expect(states).toEqual(['starting', 'running'])
})
