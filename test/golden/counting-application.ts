/** An application that counts words in stores on disk, on an embedded broker over loopback: what tests of state that survives run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sleep, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { readTopic } from '../../src/workload/consume-topic.ts'
import { loadProducer, produceRecords } from '../../src/workload/produce-records.ts'
import type { WeftProcess } from '../weft-process.ts'

export const partitions = 4

export class CountingApplication {
  readonly name: string
  readonly bootstrap: string
  readonly file: string
  readonly stateDir: string

  private constructor(name: string, bootstrap: string, folder: string) {
    this.name = name
    this.bootstrap = bootstrap
    this.file = join(folder, `${name}.yaml`)
    this.stateDir = join(folder, `${name}-state`)
  }

  /** Makes its topics and its definition. */
  static async make(name: string, bootstrap: string, folder: string): Promise<CountingApplication> {
    const application = new CountingApplication(name, bootstrap, folder)
    await using cluster = openCluster({ bootstrap }, silentLogger)
    const topics = [`${name}-in`, `${name}-out`]
    await cluster.kafka.admin.createTopics(
      topics.map((topic) => ({ name: topic, partitions, replicationFactor: 1, configs: {} })),
    )
    writeFileSync(application.file, definitionOf(name))
    return application
  }

  /** Arguments of `weft` to run it with. */
  run(...more: readonly string[]): string[] {
    const where = ['--bootstrap', this.bootstrap, '--state-dir', this.stateDir]
    return ['run', this.file, ...where, '--log-format', 'json', ...more]
  }

  /** So many records for each of so many keys. */
  async produce(rounds: number, keys = 20): Promise<void> {
    await using cluster = openCluster({ bootstrap: this.bootstrap }, silentLogger)
    const records = Array.from({ length: rounds * keys }, (_, index) => ({
      key: `key-${index % keys}`,
      value: '{}',
      timestampMs: undefined,
    }))
    await produceRecords(cluster.kafka.producer(loadProducer), `${this.name}-in`, oneChunk(records), {
      clock: systemClock,
      signal: AbortSignal.timeout(60_000),
      rate: undefined,
      count: undefined,
      onProgress: () => {},
    })
  }

  /** The newest value of each key, once so many records are there, which are all there are. */
  async counts(records: number): Promise<Map<string, number>> {
    await using cluster = openCluster({ bootstrap: this.bootstrap }, silentLogger)
    const newest = new Map<string, number>()
    let seen = 0
    await readTopic(cluster.kafka, `${this.name}-out`, {
      from: 'earliest',
      isolation: 'read_committed',
      signal: AbortSignal.timeout(60_000),
      onRecord: ({ key, value }) => {
        newest.set(String(key), Number(value?.readBigInt64BE()))
        return ++seen < records
      },
    })
    expect(seen).toBe(records)
    return newest
  }
}

function definitionOf(name: string): string {
  return `name: ${name}
streams:
  words: { topic: ${name}-in, keyType: string, valueType: json }
  counts: { topic: ${name}-out, keyType: string, valueType: long }
stores:
  totals: { type: keyValue, keyType: string, valueType: long, persistent: true, logging: true }
pipelines:
  main:
    from: words
    via:
      - { type: groupByKey }
      - { type: count, store: totals }
      - { type: toStream }
    to: counts
`
}

async function* oneChunk<T>(records: T): AsyncGenerator<T> {
  yield records
}

/** Waits until a process has written this. */
export async function logged(run: WeftProcess, text: RegExp): Promise<void> {
  for (let turn = 0; turn < 5000 && !text.test(run.stderr()); turn++) await sleep(systemClock, 20)
  expect(run.stderr()).toMatch(text)
}
