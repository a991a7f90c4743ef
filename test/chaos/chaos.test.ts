/**
 * Chaos: three processes share the work while orders keep coming, and by a seeded plan they are killed as by kill -9, stood still for
 * longer than their session, joined by a fourth that leaves again, or their broker is killed and comes back or stands still, in the middle of whatever
 * they do. What a Java consumer then sees under read_committed is compared with a recomputation: joined, counted, counted by window.
 *
 * A program, not a part of the tests: `npm run chaos`, with `CHAOS_SECONDS` (30), `SEED` (1) and `RELEASE` (4.3) for length, plan and broker;
 * `BROKER=stays` leaves the broker alone. What processes said, and what came out, is kept in `CHAOS_LOGS`, a folder, where one is named.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { runWeft, startWeft, type WeftProcess } from '../weft-process.ts'
import { startApacheKafka, type ApacheKafka, type KafkaRelease } from '../kafka/apache-kafka.ts'
import {
  expectCountedOnce,
  expectEnrichedOnce,
  expectWindowsCountedOnce,
  OrdersTraffic,
  readOrdersOut,
  type OrdersOut,
} from '../kafka/orders-traffic.ts'

const chaosMs = 1000 * Number(process.env['CHAOS_SECONDS'] ?? 30)
const seed = Number(process.env['SEED'] ?? 1)
const release: KafkaRelease = process.env['RELEASE'] === '3.9' ? '3.9' : '4.3'
const logs = process.env['CHAOS_LOGS']
const names = ['one', 'two', 'three'] as const
/** The least that a broker accepts. */
const sessionMs = 6000
/** Fewer than elsewhere: all that comes out of ten minutes is held and compared. */
const ordersPerPortion = 40
/** A guest may come while the broker is away. */
const guestTimeoutMs = 60_000
const drainTimeoutMs = 240_000
/** Before Node listens for signals, and after: whether a stop came before a process had begun. */
const endsBySignal = (code: number | null): boolean => code === null || code === 143
/** A million records are looked at. */
const comparing = { timeout: 120_000 }

type Event = 'kill' | 'stand still' | 'join and leave' | 'kill the broker' | 'the broker stands still'
const toProcesses: readonly Event[] = ['kill', 'kill', 'kill', 'stand still', 'join and leave']
const toBroker: readonly Event[] = ['kill the broker', 'the broker stands still']
const events = process.env['BROKER'] === 'stays' ? toProcesses : [...toProcesses, ...toBroker]

/** For whoever looks for what went wrong. */
function keep(name: string, text: string): void {
  if (logs === undefined) return
  mkdirSync(logs, { recursive: true })
  appendFileSync(join(logs, `${name}.log`), text)
}

/** Apache Kafka in a folder of its own, the processes that run on it, and what happens to them. */
class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'weft-chaos-'))
  readonly happened = new Map<Event, number>()
  readonly #random: Random
  readonly #processes = new Map<string, WeftProcess>()
  #apache: ApacheKafka | undefined = undefined

  constructor(random: Random) {
    this.#random = random
  }

  get bootstrap(): string {
    return this.#apache?.bootstrap ?? ''
  }

  async openBroker(): Promise<void> {
    this.#apache = await startApacheKafka({ release, folder: join(this.folder, 'kafka') })
  }

  /** Each process runs both definitions, with a session as short as may be. */
  writeRunner(): void {
    const definitions = { orders: '../kafka/orders.yaml', windows: 'chaos-windows.yaml' }
    const lines = Object.entries(definitions).map(
      ([name, file]) => `    ${name}: ${join(import.meta.dirname, file)}\n`,
    )
    const kafka = [
      `bootstrap.servers: ${this.bootstrap}`,
      'application.id: chaos',
      `session.timeout.ms: ${sessionMs}`,
      'processing.guarantee: exactly_once_v2',
    ].map((line) => `  ${line}\n`)
    writeFileSync(this.#runner, `kafka:\n${kafka.join('')}ksml:\n  definitions:\n${lines.join('')}`)
  }

  start(name: string): void {
    this.#processes.set(name, this.#begin(name))
  }

  arguments(name: string): string[] {
    const level = logs === undefined ? 'info' : 'debug'
    // On a machine that is short of CPU a broker takes longer to come back than a process tries by default.
    const patience = ['--connect-timeout', '2m']
    const place = ['--state-dir', join(this.folder, name), '--log-level', level, ...patience]
    return ['run', '--config', this.#runner, ...place, '--leave']
  }

  async happen(): Promise<void> {
    const event = events[this.#random.below(events.length)] ?? 'kill'
    this.happened.set(event, (this.happened.get(event) ?? 0) + 1)
    const name = names[this.#random.below(names.length)] ?? 'one'
    keep('events', `${new Date().toISOString()} ${event} ${name}\n`)
    if (event === 'kill') await this.#killAndStart(name)
    else if (event === 'stand still') await this.#standStill(name)
    else if (event === 'join and leave') await this.#joinAndLeave()
    else if (event === 'kill the broker') await this.#killBroker()
    else await this.#standStillBroker()
  }

  /** Stops all processes. @returns what each of those says that did not end well; one that had not yet begun ends by the signal */
  stopAll(): Promise<string[]> {
    return Promise.all(
      [...this.#processes.values()].map(async (process) => {
        const { code, stderr } = await process.stop()
        const begun = stderr.includes('application state')
        return code === 0 || (endsBySignal(code) && !begun) ? '' : `${code}: ${stderr.slice(-2000)}`
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()))
    await this.#apache?.stop()
    keep('kafka', readFileSync(join(this.folder, 'kafka/kafka.log'), 'utf8'))
    rmSync(this.folder, { recursive: true })
  }

  #begin(name: string): WeftProcess {
    const weft = startWeft(this.arguments(name))
    void weft.ended.then(({ stderr }) => keep(name, stderr))
    return weft
  }

  get #runner(): string {
    return join(this.folder, 'runner.yaml')
  }

  async #killAndStart(name: string): Promise<void> {
    await this.#processes.get(name)?.kill()
    this.start(name)
  }

  async #standStill(name: string): Promise<void> {
    const weft = this.#processes.get(name)
    const pid = weft?.pid ?? 0
    try {
      process.kill(pid, 'SIGSTOP')
    } catch (cause) {
      throw new Error(`"${name}" has ended by itself:\n${weft?.stderr().slice(-4000)}`, { cause })
    }
    await sleep(sessionMs + 500 + this.#random.below(2000))
    process.kill(pid, 'SIGCONT')
  }

  async #joinAndLeave(): Promise<void> {
    const guest = this.#begin('guest')
    const endMs = performance.now() + guestTimeoutMs
    while (!guest.stderr().includes('partitions assigned') && performance.now() < endMs) await sleep(50)
    await sleep(this.#random.below(2000))
    const { code, stderr } = await guest.stop()
    expect(code, stderr).toBe(0)
  }

  /** For longer than its own session at the controller, which gives it up and takes it back. */
  async #standStillBroker(): Promise<void> {
    const pid = this.#apache?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    await sleep(2500 + this.#random.below(4000))
    process.kill(pid, 'SIGCONT')
  }

  async #killBroker(): Promise<void> {
    await this.#apache?.kill()
    await sleep(this.#random.below(1000))
    await this.openBroker()
  }
}

let out: OrdersOut
let orders: number
let failures: readonly string[]

async function play(stage: Stage, random: Random): Promise<void> {
  await stage.openBroker()
  stage.writeRunner()
  await using traffic = await OrdersTraffic.start(stage.bootstrap, ordersPerPortion)
  for (const name of names) stage.start(name)
  const endMs = performance.now() + chaosMs
  while (performance.now() < endMs) {
    await sleep(500 + random.below(2500))
    await stage.happen()
  }
  await traffic.stopOrdering(0)
  failures = await stage.stopAll()
  const rest = await runWeft([...stage.arguments('one'), '--until-end'], { timeoutMs: drainTimeoutMs })
  expect(rest.code, rest.stderr.slice(-4000)).toBe(0)
  orders = traffic.sent
  keep('end', rest.stderr)
  out = await readOrdersOut(stage.bootstrap)
  for (const name of ['enriched', 'counts', 'windows'] as const) {
    keep(name, out[name].map((record) => `${JSON.stringify(record)}\n`).join(''))
  }
}

beforeAll(
  async () => {
    const random = seededRandom(seed)
    const stage = new Stage(random)
    try {
      await play(stage, random)
    } finally {
      await stage.close()
    }
    const events = [...stage.happened].map(([event, times]) => `${event} ${times}`).join(', ')
    console.log(
      `seed ${seed}, ${chaosMs / 1000} s: ${events}; ${orders} orders, ${out.windows.length} counts by window`,
    )
  },
  chaosMs + drainTimeoutMs + 120_000,
)

test('every process lives through it, and ends well when it is told to', () => {
  expect(failures).toEqual(names.map(() => ''))
})

test('each order is enriched once', comparing, () => expectEnrichedOnce(out, orders))

test('counts equal a recomputation, and each one became visible once', comparing, () =>
  expectCountedOnce(out, orders),
)

test('so do counts by window', comparing, () => expectWindowsCountedOnce(out, orders))
