/** Orders that keep coming while processes come and go, and an eye on what they make visible. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { consumeTopic } from '../../src/workload/consume-topic.ts'
import { loadProducer } from '../../src/workload/produce-records.ts'
import { weft, type WeftProcess } from '../weft-process.ts'
import { readByJava, type SeenRecord } from './java-reader.ts'
import {
  expectedCounts,
  expectedEnriched,
  expectedWindowCounts,
  produceCustomers,
  produceOrders,
} from './orders.ts'

const outputs = ['orders_enriched', 'orders_by_customer', 'orders_by_window'] as const
/** Orders keep coming at this pace, in portions, where nothing else is said. */
const ordersPerPortion = 250
const portionEveryMs = 40
const patienceMs = 60_000

export class OrdersTraffic implements AsyncDisposable {
  /** Orders sent so far, and enriched ones that a follower has seen under read_committed. */
  sent = 0
  seen = 0
  readonly #kafka: Kafka
  readonly #producer: Producer
  readonly #perPortion: number
  readonly #ended = new AbortController()
  #wanted = Number.POSITIVE_INFINITY
  #ordering = Promise.resolve()
  #following = Promise.resolve()

  private constructor(bootstrap: string, perPortion: number) {
    this.#perPortion = perPortion
    this.#kafka = openKafka({
      bootstrap: [bootstrap],
      clientId: 'orders-traffic',
      connector: tcpConnector(),
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    })
    this.#producer = this.#kafka.producer(loadProducer)
  }

  /** Makes the topics, sends the customers, begins to send orders. */
  static async start(bootstrap: string, perPortion = ordersPerPortion): Promise<OrdersTraffic> {
    await weft('topics', 'create', 'orders', 'customers', ...outputs, '--bootstrap', bootstrap)
    const traffic = new OrdersTraffic(bootstrap, perPortion)
    await produceCustomers(traffic.#producer)
    traffic.#ordering = traffic.#keepOrdering()
    traffic.#following = traffic.#follow()
    while (traffic.sent < 5000) await sleep(portionEveryMs)
    return traffic
  }

  /** Waits until the process has made something new visible. */
  async untilMore(process: WeftProcess): Promise<void> {
    const before = this.seen
    await this.#until(
      () => this.seen > before,
      () => `no record came out:\n${process.stderr().slice(-4000)}`,
    )
  }

  /** Waits for a moment between two portions to be over, in which everything is visible. */
  async untilBehind(): Promise<void> {
    await this.#until(
      () => this.seen < this.sent,
      () => 'no order was sent',
    )
  }

  async #until(holds: () => boolean, otherwise: () => string): Promise<void> {
    const deadlineMs = performance.now() + patienceMs
    while (!holds()) {
      if (performance.now() > deadlineMs) throw new Error(otherwise())
      await sleep(5)
    }
  }

  /** Sends what is missing to as many, and no more. */
  async stopOrdering(ordersMin: number): Promise<void> {
    this.#wanted = ordersMin
    await this.#ordering
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await Promise.all([this.#ordering, this.#following])
    await this.#producer.close()
    await this.#kafka.close()
  }

  async #keepOrdering(): Promise<void> {
    await this.#producer.partitionCount('orders')
    while (this.sent < this.#wanted && !this.#ended.signal.aborted) {
      produceOrders(this.#producer, this.sent, this.sent + this.#perPortion)
      this.sent += this.#perPortion
      if (this.#wanted === Number.POSITIVE_INFINITY) await sleep(portionEveryMs)
      if (this.#producer.full) await this.#producer.drained()
    }
    await this.#producer.flush()
  }

  #follow(): Promise<void> {
    return consumeTopic(this.#kafka, 'orders_enriched', {
      from: 'earliest',
      isolation: 'read_committed',
      signal: this.#ended.signal,
      onRecord: () => {
        this.seen++
        return true
      },
    })
  }
}

/** What a Java consumer sees of the outputs under read_committed. */
export interface OrdersOut {
  readonly enriched: readonly SeenRecord[]
  readonly counts: readonly SeenRecord[]
  /** Empty where no pipeline counts by window. */
  readonly windows: readonly SeenRecord[]
}

export async function readOrdersOut(bootstrap: string): Promise<OrdersOut> {
  const [enriched = [], counts = [], windows = []] = await Promise.all(
    outputs.map((topic) => readByJava(bootstrap, topic)),
  )
  return { enriched, counts, windows }
}

/** Each of so many orders is there once, as recomputed, and nothing else. */
export function expectEnrichedOnce({ enriched }: OrdersOut, orders: number): void {
  const values = enriched.map(({ value }) => value)
  const once = new Set(values)
  expect(
    expectedEnriched(orders)
      .filter((value) => !once.has(value))
      .slice(0, 5),
  ).toEqual([])
  expect(values.length - once.size).toBe(0)
  expect(values.length).toBe(orders)
}

/** Each customer's counts went 1, 2, 3, … to what a recomputation gives. */
export function expectCountedOnce({ counts }: OrdersOut, orders: number): void {
  expectEachCount(counts, expectedCounts(orders))
}

/** The same for each customer in each window. */
export function expectWindowsCountedOnce({ windows }: OrdersOut, orders: number): void {
  expectEachCount(windows, expectedWindowCounts(orders))
}

function expectEachCount(counts: readonly SeenRecord[], expected: ReadonlyMap<string, number>): void {
  const byKey = Map.groupBy(counts, ({ key }) => key)
  // A comparison of all of them would be printed whole, which takes minutes.
  const wrong = [...new Set([...byKey.keys(), ...expected.keys()])]
    .filter((key) => byKey.get(key)?.length !== expected.get(key))
    .map((key) => `${key}: ${byKey.get(key)?.length} instead of ${expected.get(key)}`)
  expect(wrong.slice(0, 5), `${wrong.length} keys`).toEqual([])
  for (const records of byKey.values()) {
    expect(records.map(({ value }) => Number(value))).toEqual(records.map((_, index) => index + 1))
  }
}
