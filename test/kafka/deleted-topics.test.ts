/**
 * Topics that are deleted on Apache Kafka under a `weft run`: each is named within seconds, whichever version of transactions the broker
 * has. A broker that is killed and comes back while the same application runs ends nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWeft, startWeft, weft, type WeftProcess } from '../weft-process.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'

const soonMs = 20_000
const folder = mkdtempSync(join(tmpdir(), 'weft-deleted-'))
const definition = join(folder, 'copy.yaml')
writeFileSync(
  definition,
  `streams:
  given: { topic: given, keyType: string, valueType: json }
  taken: { topic: taken, keyType: string, valueType: json }
pipelines:
  copy: { from: given, to: taken }
`,
)

afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['4.3', '3.9'] as const)('on Apache Kafka %s', (release) => {
  let kafka: ApacheKafka
  const data = mkdtempSync(join(tmpdir(), 'weft-deleted-kafka-'))
  const at = (): string[] => ['--bootstrap', kafka.bootstrap]

  beforeAll(async () => {
    kafka = await startApacheKafka({ release, folder: data })
  }, 120_000)

  afterAll(async () => {
    await kafka.stop()
    rmSync(data, { recursive: true, force: true })
  }, 60_000)

  /** A run that has copied one record, with topics of its own. */
  async function running(): Promise<WeftProcess> {
    await weft('topics', 'create', 'given', 'taken', '--partitions', '2', ...at())
    const stateDir = mkdtempSync(join(folder, 'state-'))
    // An application that failed keeps its place in its group for a while: each has one of its own.
    const own = ['--state-dir', stateDir, '--application-prefix', basename(stateDir)]
    const run = startWeft(['run', definition, ...own, ...at()])
    await send()
    await weft('consume', 'taken', '--from-beginning', '--count', '1', ...at())
    return run
  }

  async function send(): Promise<void> {
    const { code, stderr } = await runWeft(['produce', 'given', '--key', 'k', ...at()], {
      input: '{"k":"a"}\n',
    })
    expect(code, stderr).toBe(0)
  }

  test.each(['taken', 'given'])('topic "%s" is named when it is deleted', async (topic) => {
    const run = await running()
    await weft('topics', 'delete', topic, ...at())
    const startMs = performance.now()
    if (topic === 'taken') await send()
    const { code, stderr } = await run.ended
    expect(performance.now() - startMs).toBeLessThan(soonMs)
    expect(stderr).toContain(`topic "${topic}" does not exist`)
    expect(code).toBe(1)
    await weft('topics', 'delete', topic === 'taken' ? 'given' : 'taken', ...at())
  })

  test('a broker that is killed and comes back ends nothing', async () => {
    const run = await running()
    await kafka.kill()
    kafka = await startApacheKafka({ release, folder: data })
    await send()
    await weft('consume', 'taken', '--from-beginning', '--count', '2', ...at())
    const { code, stderr } = await run.stop()
    expect(code, stderr).toBe(0)
  })
})
