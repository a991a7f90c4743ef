import { toStreamError } from '../../src/base/errors.ts'
import type { Fetcher } from '../../src/kafka/contracts.ts'
import { fetcherDefaults, valuesOf } from '../../src/kafka/fixtures/clients.ts'
import { mustBe, type Outcome, type Workload, type World } from './workload.ts'

const partition = { topic: 't', partition: 0 }
const values = ['a', 'b', 'c', 'd', 'e', 'f']

/** Reads a partition whose leader moves after every second record: what has been read must be in the log of the new one. */
export const follows: Workload = {
  name: 'follows',
  transactionVersion: 2,
  apis: ['Metadata', 'OffsetForLeaderEpoch', 'Fetch'],
  broker: { nodes: 2 },
  prepare: async (cluster) => {
    await cluster.createTopic('t')
    await cluster.produce('t', records(values.slice(0, 2)))
  },
  run: async (world) => {
    const seen: string[] = []
    let outcome: Outcome
    try {
      outcome = await readOn(world, seen)
    } catch (error) {
      outcome = toStreamError(error).code
    }
    return {
      outcome,
      audit: async () => {
        const expected = outcome === 'goes on' ? values : values.slice(0, seen.length)
        mustBe(seen.join() === expected.join(), `read ${seen.join()} instead of ${expected.join()}`)
      },
    }
  },
}

function records(texts: readonly string[]) {
  return texts.map((value) => ({ key: null, value }))
}

async function readOn({ cluster, subject }: World, seen: string[]): Promise<Outcome> {
  const fetcher = subject.fetcher(fetcherDefaults)
  fetcher.assign(partition, 0)
  const { cluster: control } = cluster.broker
  try {
    for (let end = 2; ; end += 2) {
      if (!(await readTo(end, fetcher, seen))) return 'OFFSET_OUT_OF_RANGE'
      if (end >= values.length) return 'goes on'
      const next = control.nodeIds.find(
        (nodeId) => control.runs(nodeId) && nodeId !== control.leaderOf('t', 0),
      )
      if (next !== undefined) control.moveLeader('t', 0, next)
      await cluster.produce('t', records(values.slice(end, end + 2)))
    }
  } finally {
    await fetcher.close()
  }
}

/** @returns false where the position is not in the log */
async function readTo(end: number, fetcher: Fetcher, seen: string[]): Promise<boolean> {
  while (seen.length < end) {
    const part = fetcher.poll()
    if (part === undefined) {
      await fetcher.ready(500)
      continue
    }
    if (part.outOfRange === true) return false
    seen.push(...valuesOf(part))
  }
  return true
}
