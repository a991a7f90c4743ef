import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import { silentLogger, type Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { Broker } from '../broker/broker.ts'
import { openKafka } from '../kafka/client.ts'
import { tcpConnector } from '../kafka/tcp-connector.ts'
import { Application } from './application.ts'
import { loadProducer, produceRecords } from '../workload/produce-records.ts'
import { mapped, passThrough } from './fixtures.ts'
import { resolveOptions } from './options.ts'

const surroundings = { connector: undefined, clock: systemClock, random: systemRandom, logger: silentLogger }

async function openCluster() {
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  const { host, port } = await broker.listen(0)
  const bootstrap = `${host}:${port}`
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'test', connector: tcpConnector() })
  return { broker, kafka, bootstrap }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let turn = 0; turn < 3000; turn++) {
    if (await holds()) return
    await sleep(systemClock, 10)
  }
  throw new Error('what was waited for did not happen')
}

test('threads in workers share the partitions over loopback, and report what they do', async () => {
  const { broker, kafka, bootstrap } = await openCluster()
  const topic = (name: string) => ({ name, partitions: 2, replicationFactor: -1, configs: {} })
  await kafka.admin.createTopics([topic('input'), topic('output')])
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-worker-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const options = resolveOptions({
    applicationId: 'app',
    identity: { kind: 'folder', stateDir },
    kafka: { bootstrap },
    threads: 2,
    leaveOnClose: true,
    heartbeatMs: 50,
  })
  expect(options.hosting).toBe('worker')
  const application = new Application(passThrough(), options, { surroundings })
  application.start()
  await until(() => application.threads().every((thread) => thread.tasks.length === 1))
  await until(() => application.state === 'running')
  expect(() => new Application(passThrough(), options, { surroundings }).start()).toThrow(
    expect.objectContaining({ code: 'STATE_LOCKED' }),
  )
  await application.stop()
  expect(application.state).toBe('stopped')
  const commits = application.metrics.samples().filter(({ facts }) => facts.name === 'weft_commits_total')
  expect(new Set(commits.map(({ labels }) => labels['thread']))).toEqual(new Set(['1', '2']))
  await kafka.close()
  await broker.close()
})

test('a failure in a worker over loopback comes out as it was thrown', async () => {
  const { broker, kafka, bootstrap } = await openCluster()
  const options = resolveOptions({
    applicationId: 'app',
    identity: { kind: 'fixed', processId: 'p' },
    kafka: { bootstrap },
    hosting: 'worker',
  })
  const application = new Application(passThrough(), options, { surroundings })
  application.start()
  await expect(application.done).rejects.toMatchObject({
    code: 'TOPIC_MISSING',
    message: 'topic "input" does not exist',
    hint: 'See "weft topics list" for the names, or create it: weft topics create input --partitions 4',
  })
  expect(application.state).toBe('failed')
  await kafka.close()
  await broker.close()
})

test('a worker whose function does not return is named, and ended from outside, over loopback', async () => {
  const { broker, kafka, bootstrap } = await openCluster()
  const topic = (name: string) => ({ name, partitions: 1, replicationFactor: -1, configs: {} })
  await kafka.admin.createTopics([topic('input'), topic('output')])
  const producer = kafka.producer(loadProducer)
  const records = async function* () {
    yield [{ key: 'k', value: 'v', timestampMs: undefined }]
  }
  const whole = { rate: undefined, count: undefined, onProgress: () => {} }
  const { signal } = new AbortController()
  await produceRecords(producer, 'input', records(), { clock: systemClock, signal, ...whole })
  await producer.close()
  const warnings: object[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => warnings.push({ message, ...fields }),
    with: () => logger,
  }
  const options = resolveOptions({
    applicationId: 'app',
    identity: { kind: 'fixed', processId: 'p' },
    kafka: { bootstrap },
    hosting: 'worker',
    functionSlowMs: 500,
    functionLimitMs: 2000,
  })
  const endless = mapped('(() => { for (;;); })()')
  const application = new Application(endless, options, { surroundings: { ...surroundings, logger } })
  application.start()
  await expect(application.done).rejects.toMatchObject({
    code: 'FUNCTION_FAILED',
    message: 'function "shout" did not return within 2s',
    span: { file: 'test.yaml' },
  })
  expect(warnings).toContainEqual(
    expect.objectContaining({
      message: 'function has not returned',
      function: 'shout',
      thread: 1,
      forMs: 500,
    }),
  )
  await kafka.close()
  await broker.close()
})
