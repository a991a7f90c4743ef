/**
 * Processes that come and go while orders keep coming: a second one joins, leaves, is killed and comes back, the first one is
 * stopped and started; partitions and stores move between them, and still everything comes out once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { startWeft, weft, type WeftEnd, type WeftProcess } from '../weft-process.ts'
import { startApacheKafka } from './apache-kafka.ts'
import {
  expectCountedOnce,
  expectEnrichedOnce,
  OrdersTraffic,
  readOrdersOut,
  type OrdersOut,
} from './orders-traffic.ts'

const definition = join(import.meta.dirname, 'orders.yaml')
/** Each task says there when it runs. */
const logged = ['--log-level', 'debug'] as const
const tasksTimeoutMs = 60_000
const workMs = 1500

let out: OrdersOut
let orders: number
const stopped: WeftEnd[] = []

/** Waits until a task of the counting pipeline's second half runs there: that is one with a store. */
async function untilItCounts(process: WeftProcess): Promise<void> {
  const deadlineMs = performance.now() + tasksTimeoutMs
  while (!/"task":"1_\d",.*"msg":"task runs"/.test(process.stderr())) {
    if (performance.now() > deadlineMs)
      throw new Error(`it was given no task:\n${process.stderr().slice(-4000)}`)
    await sleep(20)
  }
  await sleep(workMs)
}

async function comeAndGo(bootstrap: string, folder: string): Promise<void> {
  const run = (name: string): readonly string[] => {
    return ['run', definition, '--bootstrap', bootstrap, '--state-dir', join(folder, name), ...logged]
  }
  let first = startWeft(run('first'))
  await untilItCounts(first)
  for (let round = 0; round < 2; round++) {
    const joining = startWeft(run('second'))
    await untilItCounts(joining)
    await joining.kill()
    const back = startWeft([...run('second'), '--leave'])
    await untilItCounts(back)
    stopped.push(await back.stop(), await first.stop())
    first = startWeft(run('first'))
    await untilItCounts(first)
  }
  stopped.push(await first.stop())
}

beforeAll(async () => {
  await using apache = await startApacheKafka()
  await using traffic = await OrdersTraffic.start(apache.bootstrap)
  const folder = mkdtempSync(join(tmpdir(), 'weft-state-'))
  await comeAndGo(apache.bootstrap, folder)
  await traffic.stopOrdering(0)
  const rest = ['--bootstrap', apache.bootstrap, '--state-dir', join(folder, 'first'), '--until-end']
  await weft('run', definition, ...rest)
  rmSync(folder, { recursive: true })
  orders = traffic.sent
  out = await readOrdersOut(apache.bootstrap)
  console.log(`${orders} orders, ${out.enriched.length} enriched, ${out.counts.length} counts`)
}, 280_000)

test('processes that are told to stop end well', () => {
  expect(stopped.map(({ code }) => code)).toEqual(stopped.map(() => 0))
})

test('each order is enriched once', () => expectEnrichedOnce(out, orders))

test('counts equal a recomputation, and each one became visible once', () => expectCountedOnce(out, orders))
