import type { Random } from '../../src/base/random.ts'
import { partitionKey } from '../../src/kafka/contracts.ts'
import type { TopicPartition } from '../../src/kafka/contracts.ts'
import type { TaskStatus } from '../../src/runtime/status.ts'
import type { ReadRecord, TestCluster } from '../../src/testing/cluster.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { Evidence, StoreEvidence } from './audit/evidence.ts'
import { deadLetters, pick } from './cases/case.ts'
import type { Draw, InputRecord } from './cases/case.ts'
import { evidenceOn, type Look } from './disk-evidence.ts'
import { expectedInputs } from './expected-inputs.ts'
import { disturbNodes, startAllNodes } from './faults/nodes.ts'
import { drawFault, drawLapse } from './faults/requests.ts'
import { drawDeed, drawTrap } from './faults/traps.ts'
import type { Deed } from './faults/traps.ts'
import { Inquiry } from './inquiry.ts'
import { Place } from './places.ts'
import { deletionsKeptMs, type Plan } from './plan.ts'

/** Virtual time in which every partition must come a step further once nothing breaks any more, and in which all must be at rest. */
const advanceWithinMs = 30_000
const restWithinMs = 300_000
/** After that, whoever is slow to notice has this time to do wrong. */
const quietMs = 3000
/** Virtual time in which all processes must come to an orderly end. */
const endWithinMs = 60_000

export interface RunOptions {
  readonly cluster: TestCluster
  readonly random: Random
  readonly plan: Plan
  /** The plan's. */
  readonly topology: Topology
  readonly tell: (who: string, what: string) => void
  /** The last thing that went wrong for good in a process, for whoever wonders why it is stuck. */
  readonly lastError: (processId: string) => string | undefined
}

/** One seed at work: processes, input, trouble, and rest. */
export class Run {
  /** How often each deed was done at each step. */
  readonly deeds = new Map<string, number>()
  readonly #options: RunOptions
  readonly #topology: Topology
  readonly #inputs: readonly TopicPartition[]
  readonly #places: readonly Place[]
  readonly #inquiry: Inquiry
  readonly #numbers = new Map<string, number>()
  readonly #stores: StoreEvidence[] = []
  readonly #startMs: number
  /** When the trouble was over: event time stands still from then on, so that the last records meet what is there. */
  #restMs: number | undefined = undefined
  #faults = 0

  constructor(options: RunOptions) {
    this.#options = options
    const { cluster, plan, tell, topology } = options
    this.#startMs = cluster.clock.nowMs()
    this.#topology = topology
    this.#inputs = expectedInputs(this.#topology, plan.simulated)
    this.#inquiry = new Inquiry(cluster)
    this.#places = Array.from({ length: plan.processes }, (_, index) => {
      const processId = `p${index + 1}`
      const place = new Place({
        processId,
        cluster,
        topology: this.#topology,
        settings: plan.settings,
        disk: plan.disk,
        tell: (what) => tell(processId, what),
        onDeed: (deed, step) => this.#note(deed, step),
      })
      place.onDeath = () => {
        const takenMs = cluster.clock.nowMs()
        const when = `when killed at ${takenMs}`
        this.#lookAt(place, { when, takenMs, running: new Set(), ended: false })
      }
      return place
    })
  }

  async begin(): Promise<void> {
    const { cluster, plan } = this.#options
    for (const [topic, partitions] of Object.entries({ ...plan.simulated.topics, [deadLetters]: 1 })) {
      await cluster.createTopic(topic, partitions)
    }
    await this.#produce(plan.simulated.first?.(this.#draw()) ?? [])
    await this.#produceSome()
    for (const place of this.#places) place.start()
    if (plan.stormy) await this.#storm()
  }

  /** The first rebalances do not come to their end: who is in them dies or stands still, again and again, and is back under its old name. */
  async #storm(): Promise<void> {
    const { random, cluster } = this.#options
    for (let blow = 3 + random.below(8); blow > 0; blow--) {
      for (const place of this.#places) {
        if (place.application === undefined && random.next() < 0.8) place.start()
      }
      const place = pick(random, this.#places)
      if (random.next() < 0.4) place.do({ kind: 'kill' })
      else place.trap = drawTrap(random, random.next() < 0.6 ? 'rebalance' : 'start')
      await this.#produceSome()
      await cluster.advance(random.below(1500))
    }
  }

  async trouble(): Promise<void> {
    const { cluster, random, plan } = this.#options
    for (let step = 0; step < plan.steps; step++) {
      if (plan.calm) await this.#comeAndGo()
      else await this.#act()
      await cluster.advance(random.below(random.next() < 0.2 ? 8000 : 400))
    }
  }

  async #comeAndGo(): Promise<void> {
    const { random } = this.#options
    const place = pick(random, this.#places)
    const dice = random.next()
    if (dice < 0.7) await this.#produceSome()
    else if (place.application === undefined) place.start()
    else if (place.application.state === 'running') place.do({ kind: 'stop' })
  }

  async #act(): Promise<void> {
    const { random, cluster } = this.#options
    const place = pick(random, this.#places)
    const dice = random.next()
    if (dice < 0.32) await this.#produceSome()
    else if (dice < 0.41) this.#breakRequests()
    else if (dice < 0.44) await this.#lapse(place)
    else if (dice < 0.49) await this.#disturbNodes()
    else if (dice < 0.52) cluster.broker.faults.clear()
    else if (place.application === undefined) this.#comeBack(place)
    else if (dice < 0.87) await this.#setTrap(place)
    else if (dice < 0.91) {
      place.do({ kind: 'stop' })
      place.trap = drawTrap(random, 'shut-down')
    } else place.do(drawDeed(random))
  }

  /** A trap at a commit needs something to commit. */
  async #setTrap(place: Place): Promise<void> {
    place.trap = drawTrap(this.#options.random)
    await this.#produceSome()
  }

  #breakRequests(): void {
    const { random, cluster, tell } = this.#options
    const { where: _, ...rule } = drawFault(random)
    tell('scenario', `breaks requests: ${JSON.stringify(rule)}`)
    cluster.broker.faults.add(rule)
    this.#faults += 1
  }

  /** The group forgets a process while it is in the middle of a commit. */
  async #lapse(place: Place): Promise<void> {
    const { random, cluster, tell } = this.#options
    tell('scenario', `${place.processId} is not heard, and its commits take long`)
    for (const rule of drawLapse(random, place.processId)) cluster.broker.faults.add(rule)
    this.#faults += 1
    await this.#produceSome()
  }

  async #disturbNodes(): Promise<void> {
    const { random, cluster, plan } = this.#options
    if (plan.broker.nodes === 1) return
    this.#faults += 1
    await disturbNodes(cluster, random, 'app')
  }

  #comeBack(place: Place): void {
    const { random } = this.#options
    if (random.next() < 0.1) {
      this.#options.tell(place.processId, 'loses its disk')
      place.disk?.erase()
    }
    if (random.next() < 0.3) place.trap = drawTrap(random, 'start')
    place.start()
  }

  /** Everything breaks no more, every process runs. @returns what is stuck; empty when all input has been worked off, twice */
  async rest(): Promise<string[]> {
    const { cluster, plan, tell } = this.#options
    tell('scenario', 'nothing breaks any more')
    this.#restMs = cluster.clock.nowMs()
    cluster.broker.faults.clear()
    await startAllNodes(cluster)
    for (const place of this.#places) place.mend()
    const stuck = await this.#settle()
    if (stuck.length > 0) return stuck
    await cluster.advance(this.#lookUpsLagMs())
    tell('scenario', 'all is at rest, and the last records are sent')
    await this.#produce(plan.simulated.last(this.#draw()))
    const stuckAgain = await this.#settle()
    if (stuckAgain.length > 0) return stuckAgain
    await cluster.advance(quietMs)
    return []
  }

  /** Nobody says how far a copy of a whole topic has come: one that fetches into the dark notices after this time. */
  #lookUpsLagMs(): number {
    const { requestTimeoutMs = 0, fetchMaxWaitMs = 0 } = this.#options.plan.settings
    const hasLookUps = this.#topology.nodes.some(({ kind }) => kind === 'global-table')
    return hasLookUps ? 2 * (requestTimeoutMs + fetchMaxWaitMs) : 0
  }

  /** @returns who has stood still for too long, or all who are not at rest in the end */
  async #settle(): Promise<string[]> {
    const { cluster, plan } = this.#options
    const endMs = cluster.clock.nowMs() + restWithinMs
    let since = new Map<string, number>()
    for (let settled = 0; settled < 2;) {
      for (const place of this.#places) if (place.application === undefined) place.start()
      await cluster.advance(settled > 0 ? 2 * (plan.settings.commitIntervalMs ?? 0) + 100 : 250)
      const waiting = await this.#waiting()
      const nowMs = cluster.clock.nowMs()
      settled = waiting.length === 0 ? settled + 1 : 0
      since = new Map(waiting.map((line) => [line, since.get(line) ?? nowMs]))
      const stuck = waiting.filter(
        (line) => nowMs > endMs || nowMs - (since.get(line) ?? nowMs) > advanceWithinMs,
      )
      if (stuck.length > 0) return this.#describeStuck(stuck)
    }
    return []
  }

  /** Input partitions that are not worked off: who waits for what. */
  async #waiting(): Promise<string[]> {
    const inputs = await this.#inquiry.partitions(this.#inputs)
    const tasks = this.#tasks()
    const ownerOf = (input: TopicPartition) =>
      tasks.find(({ task }) => task.inputs.some((other) => partitionKey(other) === partitionKey(input)))
    const idle = inputs.filter((input) => ownerOf(input)?.task.state !== 'running')
    if (idle.length > 0)
      return idle.map((input) => `${partitionKey(input)}: ${describeOwner(ownerOf(input))} and not running`)
    const ends = await this.#inquiry.ends(inputs)
    // One record may bring thousands that fill a batch each: as long as they come, nobody stands still.
    const all = [...ends.values()].reduce((sum, end) => sum + end, 0)
    const behind = inputs.flatMap((input) => {
      const key = partitionKey(input)
      const owner = ownerOf(input)
      const at = owner?.task.inputs.find((other) => partitionKey(other) === key)
      const end = ends.get(key) ?? 0
      if (at !== undefined && at.position >= end) return []
      return [
        `${key}: ${describeOwner(owner)} is at ${at?.position} of ${end}, ${at?.committed} committed, ${all} in all inputs`,
      ]
    })
    if (behind.length > 0) return behind
    const open = (await this.#inquiry.openPartitions()).map((key) => `a transaction is open on ${key}`)
    return open.length > 0 ? open : await this.#uncommitted(inputs)
  }

  /** Inputs that are worked off, but not committed: behind the committed offset there is more than ends of transactions. */
  async #uncommitted(inputs: readonly TopicPartition[]): Promise<string[]> {
    const { cluster } = this.#options
    const committed = new Map((await this.#inquiry.committed()).map((at) => [partitionKey(at), at.offset]))
    // Asked for only now: what was under way when partitions were last asked about may have come to its end.
    const ends = await this.#inquiry.ends(inputs)
    const committedIn = (input: TopicPartition): number => committed.get(partitionKey(input)) ?? 0
    const behind = inputs.filter((input) => committedIn(input) < (ends.get(partitionKey(input)) ?? 0))
    const waiting: string[] = []
    for (const topic of new Set(behind.map((input) => input.topic))) {
      const records = await cluster.read(topic)
      const late = records.filter(({ partition, offset }) => offset >= committedIn({ topic, partition }))
      if (late.length > 0) waiting.push(`${topic}: ${late.length} records are processed, and not committed`)
    }
    return waiting
  }

  async #describeStuck(waiting: readonly string[]): Promise<string[]> {
    const { lastError } = this.#options
    return [
      `did not advance within ${advanceWithinMs / 1000} s, or not come to rest within ${restWithinMs / 1000} s of the last fault:`,
      ...waiting,
      await this.#inquiry.group(),
      ...(await this.#inquiry.transactions()),
      ...this.#places.map(({ processId, application }) =>
        [`${processId} is ${application?.state ?? 'not there'}`, lastError(processId)]
          .filter(Boolean)
          .join('; its last error: '),
      ),
    ]
  }

  #tasks(): { readonly task: TaskStatus; readonly process: string }[] {
    return this.#places.flatMap(({ application, processId }) =>
      (application?.threads() ?? []).flatMap(({ tasks, thread }) =>
        tasks.map((task) => ({ task, process: `${processId} thread ${thread + 1}` })),
      ),
    )
  }

  async evidence(): Promise<Evidence> {
    const { cluster, plan } = this.#options
    // A group may move a task even when all is at rest: one that has just begun is still on its way.
    const running = new Set(
      this.#tasks()
        .filter(({ task }) => task.state === 'running')
        .map(({ task, process }) => `${process.split(' ')[0]} ${task.id}`),
    )
    for (const place of this.#places)
      this.#lookAt(place, { when: 'at rest', takenMs: cluster.clock.nowMs(), running, ended: false })
    await this.#endInOrder()
    for (const place of this.#places)
      this.#lookAt(place, {
        when: 'after an orderly end',
        takenMs: cluster.clock.nowMs(),
        running,
        ended: true,
      })
    const records = new Map<string, readonly ReadRecord[]>()
    const topics = await cluster.run(cluster.kafka.admin.listTopics())
    for (const { name } of topics) records.set(name, await cluster.read(name))
    const strict = plan.guarantee === 'exactly_once_v2' || plan.calm
    const noZombies = strict || this.#onlyDeaths()
    return {
      read: (topic) => records.get(topic) ?? [],
      strict,
      noZombies,
      compacted: plan.compacts,
      deletionsFromMs: cluster.clock.nowMs() - deletionsKeptMs,
      variant: plan.variant,
      stores: noZombies ? this.#stores : [],
      committed: await this.#inquiry.committed(),
      openPartitions: await this.#inquiry.openPartitions(),
    }
  }

  #onlyDeaths(): boolean {
    return this.#faults === 0 && [...this.deeds.keys()].every((deed) => !/^(pause|cut)/.test(deed))
  }

  /** What engines lag behind is on the disks then. */
  async #endInOrder(): Promise<void> {
    const { cluster } = this.#options
    for (const place of this.#places) place.do({ kind: 'stop' }, 'at the end')
    await cluster.until(() => this.#places.every(({ application }) => application === undefined), endWithinMs)
  }

  #lookAt(place: Place, look: Look): void {
    this.#stores.push(...evidenceOn(place, this.#topology, look))
  }

  #note(deed: Deed, step: string): void {
    const name = `${deed.kind} ${step}`
    this.deeds.set(name, (this.deeds.get(name) ?? 0) + 1)
  }

  async #produceSome(): Promise<void> {
    const { random, plan } = this.#options
    const draw = this.#draw()
    const count = random.next() < 0.1 ? 100 + random.below(150) : 1 + random.below(25)
    await this.#produce(Array.from({ length: count }, () => plan.simulated.draw(draw)))
  }

  async #produce(records: readonly InputRecord[]): Promise<void> {
    const { cluster } = this.#options
    for (const [topic, part] of Map.groupBy(records, (record) => record.topic)) {
      const timed = part.map((record) => ({
        ...record,
        timestampMs: this.#eventMs() + (record.aheadMs ?? 0),
      }))
      await cluster.produce(topic, timed)
    }
  }

  /** Around now, in no order; now and then far ahead. */
  #eventMs(): number {
    const { random, cluster, plan } = this.#options
    const { pace, aheadMs } = plan.simulated.time ?? { pace: 1, aheadMs: 600_000 }
    const nowMs = this.#startMs + ((this.#restMs ?? cluster.clock.nowMs()) - this.#startMs) * pace
    return nowMs + (random.next() < 0.01 ? random.below(aheadMs) : (random.below(10_000) - 5000) * pace)
  }

  #draw(): Draw {
    return {
      random: this.#options.random,
      next: (name) => {
        const number = (this.#numbers.get(name) ?? 0) + 1
        this.#numbers.set(name, number)
        return number
      },
    }
  }
}

function describeOwner(owner: { readonly task: TaskStatus; readonly process: string } | undefined): string {
  return owner === undefined
    ? 'nobody has it'
    : `task ${owner.task.id} of ${owner.process} (${owner.task.state})`
}
