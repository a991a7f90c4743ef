import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { MetricRegistry } from '../base/metrics.ts'
import type { Format } from '../data/types.ts'
import { serdeFor } from '../serde/plain-serde.ts'
import type { RestoreBatch } from './contracts.ts'
import { keptChange } from './fixtures.ts'
import { openStore, type OpenedStore } from './open-store.ts'

// The overlay against a naive model: committed content, and a list of writes per generation.

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const long: Format = { notation: 'binary', type: { kind: 'long' } }

interface Write {
  readonly key: string
  readonly value: number | null
  readonly timestampMs: number
}
interface Logged extends Write {
  readonly keyBytes: Buffer
  readonly valueBytes: Buffer | null
}
interface Shape {
  readonly caching: boolean
  readonly timestamped: boolean
  readonly cleanEntriesMax: number
}

class Checked {
  readonly log: Logged[] = []
  readonly committedLog: Logged[] = []
  readonly opened: OpenedStore<'key-value'>
  readonly #shape: Shape
  #committed = new Map<string, Write>()
  #sealed: { number: number; writes: Write[]; log: Logged[] }[] = []
  #open: Write[] = []

  constructor(shape: Shape) {
    this.#shape = shape
    this.opened = open(shape, this.log)
  }

  write(write: Write): void {
    const { store } = this.opened
    if (write.value === null && write.timestampMs % 2 === 0) {
      expect(store.delete(write.key, write.timestampMs)).toBe(
        this.#visible().get(write.key)?.value ?? undefined,
      )
    } else {
      store.put(write.key, write.value, write.timestampMs)
    }
    this.#open.push(write)
  }

  read(key: string): void {
    const expected = this.#visible().get(key)
    expect(this.opened.store.get(key)).toBe(expected?.value ?? undefined)
    const timestampMs = this.#shape.timestamped ? expected?.timestampMs : undefined
    expect(this.opened.store.timestampMs(key)).toBe(timestampMs)
  }

  seal(): void {
    const number = this.opened.managed.seal()
    const writes = this.#open
    const log = this.log.splice(0)
    const lastByKey = [...new Map(writes.map((write) => [write.key, write])).values()]
    const expected = this.#shape.caching ? lastByKey : writes
    const sortKey = ({ key, value }: Write): string => `${key}=${value}`
    const pairs = (some: readonly Write[]): string[] => some.map(sortKey)
    if (this.#shape.caching) expect(pairs(log).sort()).toEqual(pairs(expected).sort())
    else expect(pairs(log)).toEqual(pairs(expected))
    this.#sealed.push({ number, writes, log })
    this.#open = []
  }

  commit(): void {
    const oldest = this.#sealed.shift()
    if (oldest === undefined) return
    const position = { topicId: 't', offset: oldest.number, leaderEpoch: 0, committedAtMs: 0 }
    this.opened.managed.committed(oldest.number, position)
    expect(this.opened.managed.position()).toEqual(position)
    applyWrites(this.#committed, oldest.writes)
    this.committedLog.push(...oldest.log)
  }

  fail(back: number): void {
    const at = Math.max(0, this.#sealed.length - back)
    const generation = this.#sealed[at]?.number ?? Number.MAX_SAFE_INTEGER
    // A generation that is not sealed yet is the open one, whatever its number.
    this.opened.managed.failed(generation === Number.MAX_SAFE_INTEGER ? this.#openNumber() : generation)
    this.#sealed.length = at
    this.#open = []
    this.log.length = 0
  }

  restore(writes: readonly Write[]): void {
    this.opened.managed.failed(0)
    this.#sealed = []
    this.#open = []
    this.log.length = 0
    const records = writes.map(encoded)
    this.opened.managed.restore(batchOf(records))
    applyWrites(this.#committed, writes)
    this.committedLog.push(...records)
  }

  list(from: string, to: string): void {
    const visible = [...this.#visible().values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    const pairs = visible.map(({ key, value }) => [key, value])
    expect([...this.opened.store.all()]).toEqual(pairs)
    const inRange = pairs.filter(([key]) => String(key) >= from && String(key) <= to)
    expect([...this.opened.store.range(from, to)]).toEqual(inRange)
  }

  /** A store equals the replay of its change log. */
  replay(): void {
    this.opened.managed.failed(0)
    const copy = open(this.#shape, [])
    copy.managed.restore(batchOf(this.committedLog))
    expect([...copy.store.all()]).toEqual([...this.opened.store.all()])
    for (const [key] of this.opened.store.all()) {
      expect(copy.store.timestampMs(key)).toBe(this.opened.store.timestampMs(key))
    }
  }

  #openNumber(): number {
    return (this.#sealed.at(-1)?.number ?? 0) + 1
  }

  #visible(): Map<string, Write> {
    const visible = new Map(this.#committed)
    for (const { writes } of this.#sealed) applyWrites(visible, writes)
    applyWrites(visible, this.#open)
    return visible
  }
}

function open(shape: Shape, log: Logged[]): OpenedStore<'key-value'> {
  return openStore({
    spec: {
      name: 's',
      kind: 'key-value',
      key: text,
      logging: 'own',
      persistent: false,
      caching: shape.caching,
      timestamped: shape.timestamped,
    },
    keySerde: serdeFor(text),
    valueSerde: serdeFor(long),
    changeLog: {
      append: (change) => {
        const { key: keyBytes, value: valueBytes, timestampMs } = keptChange(change)
        const number = valueBytes === null ? null : Number(valueBytes.readBigInt64BE())
        log.push({ key: keyBytes.toString(), value: number, timestampMs, keyBytes, valueBytes })
      },
    },
    cleanEntriesMax: shape.cleanEntriesMax,
    metrics: new MetricRegistry(),
  })
}

function applyWrites(to: Map<string, Write>, writes: readonly Write[]): void {
  for (const write of writes) {
    if (write.value === null) to.delete(write.key)
    else to.set(write.key, write)
  }
}

function encoded(write: Write): Logged {
  const valueBytes = write.value === null ? null : Buffer.alloc(8)
  valueBytes?.writeBigInt64BE(BigInt(write.value ?? 0))
  return { ...write, keyBytes: Buffer.from(write.key), valueBytes }
}

function batchOf(records: readonly Logged[]): RestoreBatch {
  const entries = records.map(({ keyBytes, valueBytes, timestampMs }) => ({
    key: keyBytes,
    value: valueBytes,
    timestampMs,
  }))
  return { entries, position: undefined }
}

const key = fc.constantFrom('', 'a', 'b', 'ba', 'c', 'd', 'é')
const write = fc.record({ key, value: fc.option(fc.integer()), timestampMs: fc.nat(1_000_000) })
const step = fc.oneof(
  { weight: 8, arbitrary: write.map((one) => (store: Checked) => store.write(one)) },
  { weight: 6, arbitrary: key.map((one) => (store: Checked) => store.read(one)) },
  { weight: 3, arbitrary: fc.constant((store: Checked) => store.seal()) },
  { weight: 3, arbitrary: fc.constant((store: Checked) => store.commit()) },
  { weight: 1, arbitrary: fc.nat(3).map((back) => (store: Checked) => store.fail(back)) },
  {
    weight: 1,
    arbitrary: fc.tuple(key, key).map(
      ([from, to]) =>
        (store: Checked) =>
          store.list(from, to),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(write, { maxLength: 5 }).map((some) => (store: Checked) => store.restore(some)),
  },
)
const shape = fc.record({
  caching: fc.boolean(),
  timestamped: fc.boolean(),
  cleanEntriesMax: fc.constantFrom(0, 1, 2, 3, 100),
})

property.prop(
  { shape, steps: fc.array(step, { minLength: 10, maxLength: 150, size: 'max' }) },
  { numRuns: 150 },
)(
  'a store reads its own writes across generations, loses exactly what failed, and equals the replay of its change log',
  ({ shape, steps }) => {
    const store = new Checked(shape)
    for (const run of steps) run(store)
    store.list('a', 'c')
    store.replay()
  },
)
