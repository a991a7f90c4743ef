/** The records that `bench/peers/kafka-streams` generates, or others like them: made as they are needed, in the order of event time. */
import { seededRandom, type Random } from '../../src/base/random.ts'
import type { RawRecord } from '../../src/process/environment.ts'

export interface TimedRecord {
  readonly raw: RawRecord
}

const users = 100_000
const transactionsPerSecond = 10_000 / 3
const startMs = 1_700_000_000_000
const blockRecords = 1000
const confirmedAfterMaxMs = 9_900

interface Made {
  readonly topic: string
  readonly timestampMs: number
  readonly key: string
  readonly value: string
}

/** Blocks of records, each block in one buffer, as a fetch brings them. A block is used before the next one is asked for. */
export function* transactionsOf(
  count: number,
  topics: ReadonlySet<string>,
): Generator<readonly TimedRecord[]> {
  const records = topics.has('confirmations') ? withConfirmations() : transactions()
  for (let left = count; left > 0; left -= blockRecords) {
    const block = Array.from({ length: Math.min(left, blockRecords) }, () => records.next().value as Made)
    yield inOneBuffer(block)
  }
}

function* transactions(): Generator<Made> {
  const random = seededRandom(1)
  for (let number = 0; ; number++) yield transaction(number, random)
}

/** For about half of the transactions, a confirmation up to 9.9 s later. */
function* withConfirmations(): Generator<Made> {
  const random = seededRandom(3)
  const due = new Map<number, Made[]>()
  let toldMs = startMs
  for (const made of transactions()) {
    for (; toldMs <= made.timestampMs; toldMs++) {
      yield* due.get(toldMs) ?? []
      due.delete(toldMs)
    }
    yield made
    if (random.below(2) === 0) continue
    const confirmed = confirmation(made, random)
    const atMs = Math.max(confirmed.timestampMs, toldMs)
    const others = due.get(atMs)
    if (others === undefined) due.set(atMs, [confirmed])
    else others.push(confirmed)
  }
}

function transaction(number: number, random: Random): Made {
  const key = `u${random.below(users)}`
  const timestampMs = startMs + Math.floor((number / transactionsPerSecond) * 1000)
  const value =
    `{"txn_id":"t${10_000_000 + number}","user_id":"${key}","amount":${random.below(20_000) / 100},"currency":"EUR",` +
    `"merchant":"merchant-${random.below(5000)}","channel":"web","event_time":${timestampMs},` +
    `"terminal":${random.below(90_000) + 10_000},"flagged":${random.below(50) === 0}}`
  return { topic: 'transactions', timestampMs, key, value }
}

function confirmation({ key, timestampMs: before, value }: Made, random: Random): Made {
  const timestampMs = before + random.below(confirmedAfterMaxMs)
  const id = value.slice(10, value.indexOf(','))
  return {
    topic: 'confirmations',
    timestampMs,
    key,
    value: `{"txn_id":${id},"user_id":"${key}","status":"approved","score":0.${100 + random.below(900)},"event_time":${timestampMs}}`,
  }
}

function inOneBuffer(block: readonly Made[]): TimedRecord[] {
  const buffer = Buffer.from(block.map(({ key, value }) => key + value).join(''))
  let start = 0
  return block.map(({ topic, timestampMs, key, value }) => {
    const [keyStart, valueStart] = [start, start + key.length]
    start = valueStart + value.length
    const raw = {
      topic,
      partition: 0,
      offset: 0,
      timestampMs,
      partitionTimeMs: -1,
      buffer,
      keyStart,
      keyEnd: valueStart,
      valueStart,
      valueEnd: start,
      headers: undefined,
    }
    return { raw }
  })
}
