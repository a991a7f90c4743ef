import { StreamError } from '../../base/errors.ts'
import { ownHeaders } from '../../base/headers.ts'
import type { Windowed } from '../../data/windowed.ts'
import type { SuppressNode } from '../../topology/suppress-node.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { HeldCodec, SuppressBuffer, type Held } from './suppress-buffer.ts'
import { fill, newRow, unknownMs, type TableView } from './table-view.ts'

/** What a buffered change takes beside its bytes and its topic's name: times, offset and partition. */
const contextBytes = 28

/**
 * Holds a table's changes back, one for each key, until a time limit after the first of them, or until a window takes nothing any more: then only
 * its final value goes on. A buffer that is full lets the earliest go early, or fails, as the node says.
 */
export class Suppress implements Processor {
  readonly #node: SuppressNode
  readonly #env: ProcessEnvironment
  readonly #buffer: SuppressBuffer
  readonly #time: EventTime
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #waitMs: number

  constructor(node: SuppressNode, env: ProcessEnvironment, next: Processor) {
    this.#node = node
    this.#env = env
    this.#buffer = new SuppressBuffer(env.store(node.store), codecOf(node, env))
    this.#time = env.eventTime(node.id)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
    this.#waitMs = node.until.kind === 'time-limit' ? node.until.durationMs : node.until.graceMs
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, timestampMs } = record
    const { oldValue, newValue } = record.value as Change
    const time = this.#time
    if (timestampMs > time.ms) time.ms = timestampMs
    const untilMs = this.#node.until.kind === 'time-limit' ? timestampMs : (key as Windowed).endMs
    const headers = ownHeaders(record.headers)
    const change = { key, untilMs, oldValue, newValue, timestampMs, headers }
    this.#buffer.put(change, contextBytes + this.#env.context.topic.length)
    const dueMs = time.ms - this.#waitMs
    for (
      let first = this.#buffer.first;
      first !== undefined && first.untilMs <= dueMs;
      first = this.#buffer.first
    )
      this.#emit(first)
    this.#makeRoom()
  }

  #makeRoom(): void {
    const { maxRecords = Infinity, maxBytes = Infinity, whenFull, id } = this.#node
    const buffer = this.#buffer
    while (buffer.count > maxRecords || buffer.sizeBytes > maxBytes) {
      if (whenFull === 'fail')
        throw new StreamError('BUFFER_FULL', `the buffer of "${id}" is full`, {
          detail: `It holds ${buffer.count} changes in ${buffer.sizeBytes} bytes.`,
          hint: 'Raise "maxRecords" or "maxBytes", or let it emit early: "bufferFullStrategy: emitEarlyWhenFull".',
        })
      this.#emit(buffer.first as Held)
    }
  }

  /** While a change goes on, whoever looks the key up still finds what it was before. */
  #emit({ key, oldValue, newValue, timestampMs, headers }: Held): void {
    // Nobody has seen anything of a window that has no final value.
    if (newValue !== null || this.#node.until.kind !== 'window-close') {
      const record = new StreamRecord()
      record.key = key
      record.value = new Change(oldValue, newValue)
      record.timestampMs = timestampMs
      record.headers = headers
      this.#counters.recordsOut.value++
      this.#next.process(record)
    }
    this.#buffer.shift()
  }
}

/** The rows as those behind the buffer know them: what it holds has not happened yet. */
export function suppressedView(node: SuppressNode, env: ProcessEnvironment, parent: TableView): TableView {
  const row = newRow()
  const [store, codec] = [env.store(node.store), codecOf(node, env)]
  return {
    find: (key) => {
      const keyBytes = codec.keyBytes(key)
      const bytes = store.get(keyBytes)
      if (bytes === undefined) return parent.find(key)
      return fill(row, codec.decode(keyBytes, Buffer.from(bytes as Uint8Array)).prior, unknownMs)
    },
  }
}

function codecOf({ key, value, store }: SuppressNode, env: ProcessEnvironment): HeldCodec {
  const topic = env.topics.internal(store)
  const inner = key.type.kind === 'windowed' ? { notation: key.notation, type: key.type.of } : key
  return new HeldCodec({
    keyFormat: key,
    keys: env.serde(inner, topic, 'key'),
    values: env.serde(value, topic, 'value'),
  })
}
