/**
 * Exactly once where it hurts: `weft run` is killed as by kill -9 again and again while orders keep coming, and started again
 * over the same state folder, now and then only to be killed while it starts. What a Java consumer then sees under read_committed is compared with a recomputation.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { seededRandom, systemRandom, type Random } from '../../src/base/random.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka, Producer } from '../../src/kafka/contracts.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { consumeTopic } from '../../src/workload/consume-topic.ts'
import { loadProducer } from '../../src/workload/produce-records.ts'
import { startWeft, weft, type WeftProcess } from '../weft-process.ts'
import { startApacheKafka } from './apache-kafka.ts'
import { readCommittedByJava, type CommittedRecord } from './committed-records.ts'
import { expectedCounts, expectedEnriched, produceCustomers, produceOrders } from './orders.ts'

const definition = join(import.meta.dirname, 'orders.yaml')
const outputs = ['orders_enriched', 'orders_by_customer'] as const
/** Orders keep coming at this pace, in portions. */
const ordersPerPortion = 250
const portionEveryMs = 40
const firstRecordTimeoutMs = 60_000
const seed = Number(process.env['SEED'] ?? 1)

interface Restart {
  /** From the start of the process to the first record that it made visible; */
  readonly firstRecordMs: number
  readonly ranMs: number
  readonly ordersSent: number
  readonly seenAtKill: number
}

function connect(bootstrap: string): Kafka {
  return openKafka({
    bootstrap: [bootstrap],
    clientId: 'kill-test',
    connector: tcpConnector(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  })
}

/** Sends orders until told to stop; gives how many there were. */
function keepOrdering(producer: Producer): {
  readonly sent: () => number
  stop(atLeast: number): Promise<number>
} {
  let sent = 0
  let wanted = Number.POSITIVE_INFINITY
  const running = (async () => {
    await producer.partitionCount('orders')
    while (sent < wanted) {
      produceOrders(producer, sent, sent + ordersPerPortion)
      sent += ordersPerPortion
      if (wanted === Number.POSITIVE_INFINITY) await sleep(portionEveryMs)
      if (producer.full) await producer.drained()
    }
    await producer.flush()
    return sent
  })()
  return {
    sent: () => sent,
    stop: (atLeast) => {
      wanted = atLeast
      return running
    },
  }
}

async function untilMore(bench: Bench, than: number, process: WeftProcess): Promise<void> {
  const deadlineMs = performance.now() + firstRecordTimeoutMs
  while (bench.seen <= than) {
    if (performance.now() > deadlineMs)
      throw new Error(`no record came out:\n${process.stderr().slice(-4000)}`)
    await sleep(5)
  }
}

interface KillPlan {
  readonly threads: number
  readonly kills: number
  readonly ordersMin: number
}

interface KillOutcome {
  readonly orders: number
  readonly restarts: readonly Restart[]
  readonly enriched: readonly CommittedRecord[]
  readonly counts: readonly CommittedRecord[]
}

/** Everything that the test opens beside the process under test; gone when it is done, however it ends. */
class Bench implements AsyncDisposable {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'weft-state-'))
  readonly kafka: Kafka
  readonly producer: Producer
  readonly #ended = new AbortController()
  #following = Promise.resolve()
  seen = 0

  constructor(bootstrap: string) {
    this.kafka = connect(bootstrap)
    this.producer = this.kafka.producer(loadProducer)
  }

  /** Counts what becomes visible under read_committed. */
  follow(topic: string): void {
    this.#following = consumeTopic(this.kafka, topic, {
      from: 'earliest',
      isolation: 'read_committed',
      signal: this.#ended.signal,
      onRecord: () => {
        this.seen++
        return true
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await this.#following
    await this.producer.close()
    await this.kafka.close()
    rmSync(this.stateDir, { recursive: true })
  }
}

/** It dies somewhere between reading the definition and its first commit: joining, fencing its former self, restoring. */
async function killWhileItStarts(run: readonly string[], random: Random): Promise<void> {
  const process = startWeft(run)
  await sleep(400 + random.below(1200))
  await process.kill()
}

async function runAndKill({ threads, kills, ordersMin }: KillPlan): Promise<KillOutcome> {
  await using apache = await startApacheKafka()
  const bootstrap = ['--bootstrap', apache.bootstrap]
  await weft('topics', 'create', 'orders', 'customers', ...outputs, ...bootstrap)
  await using bench = new Bench(apache.bootstrap)
  const run = ['run', definition, ...bootstrap, '--state-dir', bench.stateDir, '--threads', String(threads)]
  const random = seededRandom(seed)
  await produceCustomers(bench.producer)
  const orders = keepOrdering(bench.producer)
  bench.follow('orders_enriched')
  const restarts: Restart[] = []
  await sleep(500)
  for (let kill = 0; kill < kills; kill++) {
    const startMs = performance.now()
    const process = startWeft(run)
    await untilMore(bench, bench.seen, process)
    const firstRecordMs = performance.now() - startMs
    await sleep(50 + random.below(1200))
    await process.kill()
    const ranMs = performance.now() - startMs
    restarts.push({ firstRecordMs, ranMs, ordersSent: orders.sent(), seenAtKill: bench.seen })
    await sleep(100)
    if (kill % 3 === 2) await killWhileItStarts(run, random)
  }
  const sent = await orders.stop(ordersMin)
  await weft(...run, '--until-end')
  const [enriched = [], counts = []] = await Promise.all(
    outputs.map((topic) => readCommittedByJava(apache.bootstrap, topic)),
  )
  return { orders: sent, restarts, enriched, counts }
}

function report(title: string, { orders, restarts, enriched, counts }: KillOutcome): void {
  console.log(
    `${title}: ${orders} orders, ${restarts.length} kills; ${enriched.length} enriched, ${counts.length} counts`,
  )
  for (const { firstRecordMs, ranMs, ordersSent, seenAtKill } of restarts) {
    console.log(
      `  first record after ${firstRecordMs.toFixed(0)} ms, killed after ${ranMs.toFixed(0)} ms with ${seenAtKill} of ${ordersSent} orders out`,
    )
  }
}

describe.each([
  { threads: 1, kills: 10, ordersMin: 200_000 },
  { threads: 2, kills: 3, ordersMin: 50_000 },
])('$kills kills of $threads threads', (plan) => {
  let outcome: KillOutcome

  beforeAll(async () => {
    outcome = await runAndKill(plan)
    report(`${plan.threads} threads`, outcome)
  }, 280_000)

  test('hit it in the middle of its work', () => {
    expect(outcome.restarts.length).toBe(plan.kills)
    expect(outcome.restarts.filter(({ seenAtKill, ordersSent }) => seenAtKill >= ordersSent)).toEqual([])
  })

  test('leave each order enriched once', () => {
    const values = outcome.enriched.map(({ value }) => value)
    const expected = expectedEnriched(outcome.orders)
    const once = new Set(values)
    expect(expected.filter((value) => !once.has(value)).slice(0, 5)).toEqual([])
    expect(values.length - once.size).toBe(0)
    expect(values.length).toBe(outcome.orders)
  })

  test('leave counts that equal a recomputation, and made each one visible once', () => {
    const byCustomer = Map.groupBy(outcome.counts, ({ key }) => key)
    const counted = new Map([...byCustomer].map(([key, records]) => [key, records.length]))
    expect(counted).toEqual(expectedCounts(outcome.orders))
    for (const records of byCustomer.values()) {
      expect(records.map(({ value }) => Number(value))).toEqual(records.map((_, index) => index + 1))
    }
  })
})
