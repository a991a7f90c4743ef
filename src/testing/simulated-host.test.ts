import { expect, test } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { passThrough } from '../runtime/fixtures.ts'
import { TestCluster } from './cluster.ts'
import type { ReadRecord } from './cluster.ts'
import type { Step } from './simulated-host.ts'

const identity = { kind: 'fixed', processId: 'p' } as const
const text = ({ value }: ReadRecord): string => String(value)

async function passing(onStep?: (step: Step) => void) {
  const cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const start = () => {
    const application = cluster.application(
      passThrough(),
      { identity },
      onStep === undefined ? {} : { onStep },
    )
    application.start()
    return application
  }
  const send = (value: string) => cluster.produce('input', [{ key: 'k', value }])
  return { cluster, start, send }
}

test('a paused process does nothing, and goes on where it was', async () => {
  const { cluster, start, send } = await passing()
  await using _ = cluster
  const application = start()
  await send('1')
  await cluster.untilRead('output', (read) => read.length === 1)
  const host = cluster.host(application)
  host.pause()
  await send('2')
  await cluster.advance(2000)
  expect((await cluster.read('output')).map(text)).toEqual(['1'])
  host.resume()
  const output = await cluster.untilRead('output', (read) => read.length === 2)
  expect(output.map(text)).toEqual(['1', '2'])
})

test('a killed process takes not one step more, and another takes its place', async () => {
  const steps: Step[] = []
  const { cluster, start, send } = await passing((step) => steps.push(step))
  await using _ = cluster
  const application = start()
  await send('1')
  await cluster.untilRead('output', (read) => read.length === 1)
  cluster.kill(application)
  const count = steps.length
  await cluster.advance(60_000)
  expect(steps.length).toBe(count)
  await send('2')
  start()
  const output = await cluster.untilRead('output', (read) => read.length === 2)
  expect(output.map(text)).toEqual(['1', '2'])
})

test('a process that is killed before it sends a request has not sent it', async () => {
  let killAt: Step | undefined = undefined
  const { cluster, start, send } = await passing((step) => {
    if (step === killAt) cluster.kill(application)
  })
  await using _ = cluster
  const application = start()
  await send('1')
  await cluster.untilRead('output', (read) => read.length === 1)
  killAt = 'send EndTxn'
  await send('2')
  await cluster.advance(5000)
  expect((await cluster.read('output', 'read_uncommitted')).map(text)).toEqual(['1', '2'])
  expect((await cluster.read('output')).map(text)).toEqual(['1'])
})

test('what is sent over one connection arrives in its order, however long it takes', async () => {
  const random = seededRandom(2)
  await using cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  const values = Array.from({ length: 60 }, (_, index) => String(index))
  await cluster.produce(
    'input',
    values.map((value) => ({ key: 'k', value })),
  )
  let failed = 0
  const application = cluster.application(
    passThrough(),
    { producer: { batchBytes: 200 } },
    {
      latencyMs: () => 20 * random.next(),
      onStep: (step) => {
        if (step.startsWith('log transaction failed')) failed += 1
      },
    },
  )
  application.start()
  const output = await cluster.untilRead('output', (read) => read.length >= values.length)
  expect(output.map(text)).toEqual(values)
  expect(failed).toBe(0)
})
