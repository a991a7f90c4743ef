/** A query of the model in the in-process cluster, whose process is killed between any two records and started anew. */
import { partitionKey } from '../../../src/kafka/contracts.ts'
import type { Application } from '../../../src/runtime/application.ts'
import { TestCluster, type ReadRecord } from '../../../src/testing/cluster.ts'
import { SimulatedDisk } from '../../../src/testing/simulated-disk.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import { lineOf } from './engine.ts'
import type { Result } from './interpreter.ts'
import type { ModelQuery, ModelRecord } from './model.ts'

export interface KilledRun {
  readonly records: readonly ModelRecord[]
  readonly partitions: number
  /**
   * At which step of its work for a record the process dies: the so-manyth time that it touches the world outside. Where all is done before
   * that, it dies then.
   */
  readonly step: number
  /** Whether what was on its disk is still there. */
  readonly disk: boolean
}

const commitIntervalMs = 20
/** In which what was read is committed, and read by the next sub-topology. */
const quietMs = 3 * commitIntervalMs
const settings = {
  identity: { kind: 'fixed', processId: 'p' },
  commitIntervalMs,
  fetchMaxWaitMs: 50,
} as const

/** @returns what each record brought about, and whether one of the processes died before it had done all */
export async function killedOutputs(
  topology: Topology,
  { tables }: ModelQuery,
  run: KilledRun,
): Promise<{ readonly outputs: readonly (readonly string[])[]; readonly midway: boolean }> {
  await using cluster = new TestCluster({ time: 'jump' })
  for (const topic of [...tables.map((table) => table.topic), 'out'])
    await cluster.createTopic(topic, run.partitions)
  const process = new MortalProcess(cluster, topology, run.disk)
  const outputs: string[][] = []
  let seen = new Set<string>()
  let midway = false
  await process.live()
  for (const { scope, key, value, timestampMs } of run.records) {
    const bytes = value === null ? null : JSON.stringify(value)
    await cluster.produce(tables[scope]?.topic ?? '', [{ key, value: bytes, timestampMs }])
    midway = (await process.dieAt(run.step)) || midway
    await process.live()
    const read = await cluster.read('out')
    outputs.push(
      read
        .filter((record) => !seen.has(placeOf(record)))
        .map(textOf)
        .toSorted(),
    )
    seen = new Set(read.map(placeOf))
  }
  return { outputs, midway }
}

/** Under one name and with one disk; another takes its place when it has died. */
class MortalProcess {
  readonly #cluster: TestCluster
  readonly #topology: Topology
  readonly #disk: SimulatedDisk | undefined
  #application: Application | undefined
  #stepsLeft = Number.POSITIVE_INFINITY

  constructor(cluster: TestCluster, topology: Topology, disk: boolean) {
    this.#cluster = cluster
    this.#topology = topology
    this.#disk = disk ? new SimulatedDisk(cluster.random) : undefined
  }

  /** Until all that is there has been processed and committed. */
  async live(): Promise<void> {
    this.#stepsLeft = Number.POSITIVE_INFINITY
    if (this.#application === undefined) {
      const disk = this.#disk === undefined ? {} : { disk: this.#disk }
      this.#application = this.#cluster.application(this.#topology, settings, {
        ...disk,
        onStep: () => this.#step(),
      })
      this.#application.start()
    }
    await this.#settle()
  }

  /** @returns false where it had done all before the step came */
  async dieAt(step: number): Promise<boolean> {
    this.#stepsLeft = step
    await this.#settle()
    const midway = this.#application === undefined
    if (!midway) this.#die()
    return midway
  }

  #step(): void {
    if (this.#stepsLeft-- === 0) this.#die()
  }

  #die(): void {
    if (this.#application !== undefined) this.#cluster.kill(this.#application)
    this.#application = undefined
  }

  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 2 && this.#application !== undefined;) {
      quiet = (await this.#hasReadAll(this.#application)) ? quiet + 1 : 0
      await this.#cluster.advance(quietMs)
    }
  }

  async #hasReadAll(application: Application): Promise<boolean> {
    if (application.state === 'failed') await application.done
    if (application.state !== 'running') return false
    const inputs = application.threads().flatMap(({ tasks }) => tasks.flatMap((task) => task.inputs))
    const { admin } = this.#cluster.kafka
    const ends = await this.#cluster.run(admin.listOffsets(inputs, 'latest', 'read_committed'))
    return inputs.every((input) => input.position >= (ends.get(partitionKey(input)) ?? 0))
  }
}

function placeOf({ partition, offset }: ReadRecord): string {
  return `${partition}-${offset}`
}

function textOf({ value, timestampMs }: ReadRecord): string {
  return lineOf({ values: JSON.parse(String(value)) as Result['values'], timestampMs })
}
