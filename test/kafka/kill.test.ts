/**
 * Exactly once where it hurts: `weft run` is killed as by kill -9 again and again while orders keep coming, and started again
 * over the same state folder, now and then only to be killed while it starts. What a Java consumer then sees under
 * read_committed is compared with a recomputation.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { startWeft, weft } from '../weft-process.ts'
import { startApacheKafka } from './apache-kafka.ts'
import {
  expectCountedOnce,
  expectEnrichedOnce,
  OrdersTraffic,
  readOrdersOut,
  type OrdersOut,
} from './orders-traffic.ts'

const definition = join(import.meta.dirname, 'orders.yaml')
const seed = Number(process.env['SEED'] ?? 1)

interface Restart {
  /** From the start of the process to the first record that it made visible. */
  readonly firstRecordMs: number
  readonly ranMs: number
  readonly ordersSent: number
  readonly seenAtKill: number
}

interface KillPlan {
  readonly threads: number
  readonly kills: number
  readonly ordersMin: number
}

interface KillOutcome extends OrdersOut {
  readonly orders: number
  readonly restarts: readonly Restart[]
}

async function runAndKill({ threads, kills, ordersMin }: KillPlan): Promise<KillOutcome> {
  await using apache = await startApacheKafka()
  await using traffic = await OrdersTraffic.start(apache.bootstrap)
  const stateDir = mkdtempSync(join(tmpdir(), 'weft-state-'))
  const options = ['--bootstrap', apache.bootstrap, '--state-dir', stateDir, '--threads', String(threads)]
  const run = ['run', definition, ...options]
  const random = seededRandom(seed)
  const restarts: Restart[] = []
  for (let kill = 0; kill < kills; kill++) {
    restarts.push(await runUntilKilled(run, traffic, random))
    await sleep(100)
    if (kill % 3 === 2) await killWhileItStarts(run, random)
  }
  await traffic.stopOrdering(ordersMin)
  await weft(...run, '--until-end')
  rmSync(stateDir, { recursive: true })
  return { orders: traffic.sent, restarts, ...(await readOrdersOut(apache.bootstrap)) }
}

async function runUntilKilled(
  run: readonly string[],
  traffic: OrdersTraffic,
  random: Random,
): Promise<Restart> {
  const startMs = performance.now()
  const process = startWeft(run)
  await traffic.untilMore(process)
  const firstRecordMs = performance.now() - startMs
  await sleep(50 + random.below(1200))
  await traffic.untilBehind()
  const { sent: ordersSent, seen: seenAtKill } = traffic
  await process.kill()
  const ranMs = performance.now() - startMs
  return { firstRecordMs, ranMs, ordersSent, seenAtKill }
}

/** It dies somewhere between reading the definition and its first commit: joining, fencing its former self, restoring. */
async function killWhileItStarts(run: readonly string[], random: Random): Promise<void> {
  const process = startWeft(run)
  await sleep(400 + random.below(1200))
  await process.kill()
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
    const { restarts } = outcome
    const idle = restarts.filter(
      ({ seenAtKill, ordersSent }, index) =>
        seenAtKill >= ordersSent || seenAtKill <= (restarts[index - 1]?.seenAtKill ?? 0),
    )
    expect(idle).toEqual([])
    expect(outcome.orders).toBeGreaterThanOrEqual(plan.ordersMin)
  })

  test('leave each order enriched once', () => expectEnrichedOnce(outcome, outcome.orders))

  test('leave counts that equal a recomputation, and made each one visible once', () =>
    expectCountedOnce(outcome, outcome.orders))
})
