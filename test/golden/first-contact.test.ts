/** What commands do while they wait for a broker, against a port that takes connections and never answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Output } from '../../src/cli/output.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { loadProducer, produceRecords } from '../../src/workload/produce-records.ts'
import { startWeft } from '../weft-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-first-contact-'))
const sockets = new Set<Socket>()
const mute = createServer((socket) => {
  sockets.add(socket.on('error', () => {}))
})
let bootstrap: string
const file = join(folder, 'large.yaml')

beforeAll(async () => {
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  bootstrap = `127.0.0.1:${(mute.address() as AddressInfo).port}`
  const query = 'SELECT o.id FROM orders o WHERE o.total > 10'
  writeFileSync(file, `name: large\nquery: ${query}\noutput: { topic: large, format: json }\n`)
})

afterAll(() => {
  for (const socket of sockets) socket.destroy()
  mute.close()
  rmSync(folder, { recursive: true })
})

const waits = 'no broker answers, trying again'

test.each([['check', file], ['explain', file], ['state']])(
  '%s says that it waits, and for no longer than it was told',
  async (...command) => {
    const notes: string[] = []
    const output: Output = {
      line: () => {},
      note: (text) => notes.push(text),
      interactive: false,
      status: () => {},
    }
    const args = [...command, '--bootstrap', bootstrap, '--connect-timeout', '1200ms']
    const startMs = performance.now()
    const run = (await buildProgram(output)).parseAsync(args, { from: 'user' })
    await expect(run).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      detail: expect.stringContaining(`${bootstrap} did not answer`),
    })
    expect(notes).toEqual([`warn  ${waits} brokers=${bootstrap}`])
    expect(performance.now() - startMs).toBeLessThan(10_000)
  },
)

test.each(['consume', 'produce'])('the first Ctrl-C ends a %s that has found no broker', async (command) => {
  const weft = startWeft([command, 'orders', '--bootstrap', bootstrap])
  await expect.poll(() => weft.stderr(), { timeout: 20_000 }).toContain(waits)
  const sentMs = performance.now()
  // No exit code: the signal has ended it, and shells say 143.
  expect((await weft.stop()).code).toBeNull()
  expect(performance.now() - sentMs).toBeLessThan(1000)
})

test('who interrupts the reading of dead letters is told that there may be more', async () => {
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
  const address = `127.0.0.1:${(await broker.listen(0)).port}`
  {
    await using cluster = openCluster({ bootstrap: address }, silentLogger)
    const topic = { name: 'letters', partitions: 1, replicationFactor: 1, configs: {} }
    await cluster.kafka.admin.createTopics([topic])
    const producer = cluster.kafka.producer(loadProducer)
    const letters = async function* () {
      yield [{ key: null, value: '{}', timestampMs: undefined }]
    }
    const whole = { rate: undefined, count: undefined, onProgress: () => {} }
    const { signal } = new AbortController()
    await produceRecords(producer, 'letters', letters(), { clock: systemClock, signal, ...whole })
    await producer.close()
  }
  const silence = broker.faults.add({ api: 'Fetch', fault: { kind: 'drop' } })
  const runs = ['list', 'redrive'].map((command) =>
    startWeft(['dlq', command, 'letters', '--bootstrap', address]),
  )
  await expect.poll(() => silence.hits, { timeout: 20_000 }).toBeGreaterThanOrEqual(runs.length)
  const [list, redrive] = await Promise.all(runs.map((run) => run.stop()))
  expect(list).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted: there may be more') })
  expect(redrive).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('interrupted: there may be more to send back'),
  })
  expect(redrive?.stdout).toBe('')
  await broker.close()
})

test('the first Ctrl-C ends a run of pipelines that has found no broker', async () => {
  const pipelines = join(folder, 'pipelines.yaml')
  const streams = 'a: { topic: a, keyType: string, valueType: string }'
  writeFileSync(
    pipelines,
    `streams: { ${streams} }\npipelines: { main: { from: a, forEach: { code: pass } } }\n`,
  )
  const weft = startWeft(['run', pipelines, '--bootstrap', bootstrap, '--state-dir', join(folder, 'state')])
  await expect.poll(() => weft.stderr(), { timeout: 20_000 }).toContain(waits)
  const sentMs = performance.now()
  expect((await weft.stop()).code).toBeNull()
  expect(performance.now() - sentMs).toBeLessThan(1000)
})
