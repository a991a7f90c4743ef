import { expect, test } from 'vitest'
import type { Fault } from '../broker/fault-control.ts'
import { TestCluster } from '../testing/cluster.ts'
import type { TestApplicationSettings } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'

// A cluster that takes longer to accept what a transaction holds than the transaction may last: it is aborted, done again, and so on.

/** Each request carries a few records only, so that a transaction of many takes many. */
const settings: TestApplicationSettings = {
  transactionTimeoutMs: 2000,
  requestTimeoutMs: 2000,
  commitIntervalMs: 500,
  producer: { batchBytes: 300, maxRequestBytes: 400, lingerMs: 0 },
}
const values = Array.from({ length: 120 }, (_, index) => `${index} `.padEnd(100, '.'))

interface Slowness {
  readonly produceMs: number
  readonly when: 'before' | 'after'
  readonly input?: readonly string[]
}

async function slowCluster({ produceMs, when, input = values }: Slowness): Promise<TestCluster> {
  const cluster = new TestCluster()
  for (const topic of ['input', 'output']) await cluster.createTopic(topic)
  await cluster.produce(
    'input',
    input.map((value) => ({ key: 'k', value })),
  )
  const fault: Fault = { kind: 'delay', minMs: produceMs, maxMs: produceMs, when }
  cluster.broker.faults.add({ api: 'Produce', fault, clientId: /^app-/ })
  return cluster
}

test('transactions that are not flushed in time are made smaller until they are, and each record comes once', async () => {
  await using cluster = await slowCluster({ produceMs: 200, when: 'before' })
  const application = cluster.application(passThrough(), settings)
  application.start()
  const output = await cluster.untilRead('output', (read) => read.length >= values.length, 600_000)
  expect(output.map(({ value }) => String(value))).toEqual(values)
})

test('a cluster that is too slow for a single record for a minute and a half ends nothing', async () => {
  await using cluster = await slowCluster({ produceMs: 12_000, when: 'after', input: ['one'] })
  const slow = { transactionTimeoutMs: 10_000, requestTimeoutMs: 15_000 }
  const application = cluster.application(passThrough(), slow)
  application.start()
  await cluster.advance(90_000)
  expect([application.state, await cluster.read('output')]).toEqual(['running', []])
  cluster.broker.faults.clear()
  const output = await cluster.untilRead('output', (read) => read.length > 0, 600_000)
  expect(output.map(({ value }) => String(value))).toEqual(['one'])
})

test('where one record is too much, the application stops and says so', async () => {
  await using cluster = await slowCluster({ produceMs: 2500, when: 'after' })
  const application = cluster.application(passThrough(), { ...settings, requestTimeoutMs: 5000 })
  application.start()
  const failure = application.done.catch((error: unknown) => error)
  await cluster.until(() => application.state === 'failed', 600_000)
  expect(await failure).toMatchObject({
    code: 'TRANSACTION_TOO_SLOW',
    message: 'a transaction of one record could not be flushed within 2s',
    hint: expect.stringContaining('transaction.timeout.ms') as string,
  })
  expect(await cluster.read('output')).toEqual([])
})
