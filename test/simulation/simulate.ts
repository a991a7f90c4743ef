import { seededRandom } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import type { Logger } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { partitionKey } from '../../src/kafka/contracts.ts'
import type { Application } from '../../src/runtime/application.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { audit } from './auditor.ts'
import type { Evidence } from './auditor.ts'
import { drawFault } from './faults.ts'
import { simulatedTopology } from './topology.ts'

/** A place for one process, which may be killed, stopped, cut off and started again under its own name. */
interface Process {
  readonly processId: string
  application: Application | undefined
}

const words = ['ash', 'birch', 'cedar', 'dogwood', 'elm', 'fir', 'ginkgo']
const topics = ['words', 'passed', 'counts', 'app-by-word-repartition', 'app-counts-changelog']
const inputPartitions = 2
/** Virtual time in which everything must have come to rest once nothing breaks any more. */
const restWithinMs = 600_000

/**
 * Runs one seed: a cluster, one to three processes with two stream threads each, input, and trouble. Then the trouble ends, and
 * what came out is held against what went in.
 *
 * @returns what is wrong, empty if nothing
 */
export async function simulate(seed: number, logger: Logger = silentLogger): Promise<string[]> {
  const random = seededRandom(seed)
  const caching = random.next() < 0.3
  const broken: string[] = []
  await using cluster = new TestCluster({
    seed,
    logger: noting(logger, broken),
    broker: {
      transactionVersion: random.next() < 0.5 ? 1 : 2,
      transactionMarkerDelayMs: { min: 0, max: random.below(300) },
    },
  })
  await cluster.createTopic('words', inputPartitions)
  await cluster.createTopic('passed', 3)
  await cluster.createTopic('counts', 2)
  const run = new Run(cluster, random, caching)
  await run.trouble(20 + random.below(20))
  return [...audit(await run.rest()), ...broken]
}

/** Also notes what the engine says of itself: an invariant that broke, even where a restart hid it. */
function noting(logger: Logger, broken: string[]): Logger {
  return {
    ...logger,
    error: (message, fields) => {
      if (fields?.['code'] === 'INVARIANT_BROKEN') broken.push(`${message}: ${String(fields['error'])}`)
      logger.error(message, fields)
    },
    with: (fields) => noting(logger.with(fields), broken),
  }
}

class Run {
  readonly #cluster: TestCluster
  readonly #random: Random
  readonly #caching: boolean
  readonly #processes: readonly Process[]
  readonly #produced: number[] = Array.from({ length: inputPartitions }, () => 0)
  readonly #commitIntervalMs: number

  constructor(cluster: TestCluster, random: Random, caching: boolean) {
    this.#cluster = cluster
    this.#random = random
    this.#caching = caching
    this.#commitIntervalMs = 20 + random.below(200)
    this.#processes = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
      processId: `p${index + 1}`,
      application: undefined,
    }))
  }

  async trouble(steps: number): Promise<void> {
    await this.#produce()
    for (const process of this.#processes) this.#start(process)
    for (let step = 0; step < steps; step++) {
      await this.#act()
      await this.#cluster.advance(this.#random.below(this.#random.next() < 0.2 ? 8000 : 400))
      for (const process of this.#processes) if (process.application?.state === 'failed') this.#start(process)
    }
  }

  async #act(): Promise<void> {
    const dice = this.#random.next()
    const process = this.#processes[this.#random.below(this.#processes.length)]
    if (process === undefined) return
    if (dice < 0.45) await this.#produce()
    else if (dice < 0.65) this.#cluster.broker.faults.add(drawFault(this.#random))
    else if (dice < 0.72) this.#cluster.broker.faults.clear()
    else if (process.application === undefined) this.#start(process)
    else if (dice < 0.82) this.#kill(process, process.application)
    else if (dice < 0.88) this.#stop(process, process.application)
    else if (dice < 0.95) this.#cluster.network(process.application).cut()
    else this.#cluster.network(process.application).mend()
  }

  /** Everything breaks no more, every process runs; waits until all input has come out, and gathers what is to be audited. */
  async rest(): Promise<Evidence> {
    this.#cluster.broker.faults.clear()
    for (const process of this.#processes) {
      if (process.application !== undefined) this.#cluster.network(process.application).mend()
    }
    const wanted = this.#produced.reduce((sum, count) => sum + count, 0)
    const endMs = this.#cluster.clock.nowMs() + restWithinMs
    while (this.#cluster.clock.nowMs() < endMs) {
      for (const process of this.#processes) {
        const state = process.application?.state
        if (state === undefined || state === 'failed' || state === 'stopped') this.#start(process)
      }
      if ((await this.#cluster.read('passed')).length >= wanted && this.#settled()) break
      await this.#cluster.advance(1000)
    }
    // Whoever is slow to notice, or has a transaction open, has the time to do wrong now.
    await this.#cluster.advance(20_000)
    return this.#evidence()
  }

  #settled(): boolean {
    return this.#tasks().length === 4 && this.#tasks().every((task) => task.state === 'running')
  }

  #tasks() {
    const threads = this.#processes.flatMap((process) => process.application?.threads() ?? [])
    return threads.flatMap((thread) => thread.tasks)
  }

  async #evidence(): Promise<Evidence> {
    const cluster = this.#cluster
    return {
      input: await cluster.read('words'),
      passed: await cluster.read('passed'),
      counts: await cluster.read('counts'),
      changeLog: await cluster.read('app-counts-changelog'),
      openPartitions: await cluster.run(openPartitions(cluster)),
      storeEntries: this.#tasks()
        .flatMap((task) => task.stores)
        .reduce((sum, store) => sum + store.entries, 0),
      caching: this.#caching,
    }
  }

  async #produce(): Promise<void> {
    const partition = this.#random.below(inputPartitions)
    const records = Array.from({ length: 1 + this.#random.below(30) }, () => {
      const number = (this.#produced[partition] ?? 0) + 1
      this.#produced[partition] = number
      const word = words[this.#random.below(words.length)]
      return {
        key: null,
        value: `${word}:${partition}-${number}`,
        partition,
        timestampMs: this.#cluster.clock.nowMs(),
      }
    })
    await this.#cluster.produce('words', records)
  }

  #start(process: Process): void {
    process.application = this.#cluster.application(simulatedTopology(this.#caching), {
      identity: { kind: 'fixed', processId: process.processId },
      threads: 2,
      commitIntervalMs: this.#commitIntervalMs,
      sessionTimeoutMs: 6000,
      heartbeatMs: 1000,
      rebalanceTimeoutMs: 15_000,
      requestTimeoutMs: 2000,
      retryTimeoutMs: 8000,
      restartBackoffMaxMs: 1000,
      restartsMax: 1000,
      fetchMaxWaitMs: 200,
      closeTimeoutMs: 5000,
      purgeIntervalMs: 5000,
    })
    process.application.start()
  }

  #kill(process: Process, application: Application): void {
    this.#cluster.crash(application)
    process.application = undefined
  }

  #stop(process: Process, application: Application): void {
    void application.stop()
    process.application = undefined
  }
}

async function openPartitions(cluster: TestCluster): Promise<string[]> {
  const described = await cluster.kafka.admin.describeTopics(topics)
  const partitions = described.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
  const stable = await cluster.kafka.admin.listOffsets(partitions, 'latest', 'read_committed')
  const ends = await cluster.kafka.admin.listOffsets(partitions, 'latest', 'read_uncommitted')
  return partitions.map(partitionKey).filter((key) => stable.get(key) !== ends.get(key))
}
