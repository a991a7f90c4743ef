/**
 * The one way out of the interpreter: a character device that takes requests for stores, log and metrics. Only bytes
 * cross, so that no JavaScript object ever comes within Python's reach; half a microsecond a request.
 */
import { StreamError, toStreamError } from '../../base/errors.ts'
import type { Labels } from '../../base/metrics.ts'
import type { LogLevel, Logger } from '../../base/logger.ts'
import { materialize } from '../../data/lazy.ts'
import type { FunctionEnvironment, FunctionKeyValueStore, FunctionStore } from '../function-environment.ts'
import { callTimed, isTimed, StoreEntries } from '../timed-stores.ts'
import { jsonTextOf } from '../../data/json-text.ts'
import type { UserMetric, UserMetricKind, UserMetrics } from '../user-metrics.ts'
import { decodeField } from './python-values.ts'

/** Iterators that one call may leave open. */
export const openIteratorsMax = 64
/** Entries that cross at a time. */
const batchEntriesMax = 100

const nothing = 'vnull'
const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error'] satisfies readonly LogLevel[]
const noStores: ReadonlyMap<string, FunctionStore> = new Map()

const loneSurrogate = /\p{Surrogate}/gu
const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16)}`

/** Gives the JSON texts of entries. */
type OpenIterator = Iterator<string>

export class Device {
  /** What an error in the last call's requests was. */
  failure: StreamError | undefined = undefined
  #environment: FunctionEnvironment | undefined = undefined
  #stores: ReadonlyMap<string, FunctionStore> = noStores
  #answer: Buffer = Buffer.alloc(0)
  /** JSON texts of the call's arguments, which Python reads before the function runs. */
  readonly #lent: string[] = []
  #lentRead = 0
  /** The interpreter's whole memory. */
  #memory: Buffer = Buffer.alloc(0)
  readonly #logger: Logger
  readonly #metrics: UserMetrics
  readonly #made: UserMetric[] = []
  readonly #iterators = new Map<number, OpenIterator>()
  #iteratorCount = 0

  constructor(logger: Logger, metrics: UserMetrics) {
    this.#logger = logger
    this.#metrics = metrics
  }

  /** From now on requests concern this task and these stores. */
  enter(environment: FunctionEnvironment, stores: ReadonlyMap<string, FunctionStore>): void {
    this.#environment = environment
    this.#stores = stores
    this.failure = undefined
    this.#lent.length = 0
    this.#lentRead = 0
    if (this.#iterators.size > 0) this.#iterators.clear()
  }

  /**
   * Holds an argument's JSON text ready for Python; a third of the cost of passing it as a string.
   *
   * @returns how many bytes there are to read
   */
  lend(text: string): number {
    const whole = text.isWellFormed() ? text : text.replace(loneSurrogate, escapeUnit)
    this.#lent.push(whole)
    return Buffer.byteLength(whole)
  }

  /** Emscripten's `write`: takes a request; the result is the length of the answer. */
  write(buffer: Uint8Array, offset: number, length: number): number {
    const request = Buffer.from(buffer.buffer, buffer.byteOffset + offset, length).toString('utf8')
    const answer = this.#handle(request)
    if (answer === undefined) return 0
    this.#answer = Buffer.from(answer)
    return this.#answer.length
  }

  /** Emscripten's `read`: gives the next argument, else the answer to the last request. */
  read(buffer: Uint8Array, offset: number, length: number): number {
    const text = this.#lent[this.#lentRead]
    if (text !== undefined) {
      this.#lentRead++
      if (this.#memory.buffer !== buffer.buffer) this.#memory = Buffer.from(buffer.buffer)
      return this.#memory.write(text, buffer.byteOffset + offset, length, 'utf8')
    }
    const size = Math.min(length, this.#answer.length)
    buffer.set(this.#answer.subarray(0, size), offset)
    return size
  }

  #handle(request: string): string | undefined {
    try {
      const { head: operation, rest } = cut(request)
      if (operation === 'log') return this.#log(rest)
      if (operation === 'call') return this.#callTimed(rest)
      return this.#count(operation, rest) ?? this.#iterate(operation, rest) ?? this.#ask(operation, rest)
    } catch (thrown) {
      const failure = toStreamError(thrown)
      this.failure = failure
      return `e${failure.message}${failure.detail === undefined ? '' : `: ${failure.detail}`}`
    }
  }

  #log(fields: string): undefined {
    const { head: level, rest } = cut(fields)
    const { head: name, rest: message } = cut(rest)
    const logger = this.#environment?.logger ?? this.#logger
    if (levels.includes(level)) logger[level as LogLevel](message, { logger: name })
  }

  #count(operation: string, fields: string): string | undefined {
    const { head, rest } = cut(fields)
    switch (operation) {
      case 'metric': {
        const [name, tags] = JSON.parse(rest) as [unknown, Labels]
        return `v${this.#made.push(this.#metrics.get(head as UserMetricKind, String(name), tags)) - 1}`
      }
      case 'add':
        this.#made[Number(head)]?.add(Number(rest))
        return nothing
      case 'time':
        this.#made[Number(head)]?.time(Number(rest))
        return nothing
      default:
        return undefined
    }
  }

  #iterate(operation: string, fields: string): string | undefined {
    if (operation === 'more') return this.#more(Number(fields))
    if (operation === 'done') {
      this.#iterators.get(Number(fields))?.return?.()
      this.#iterators.delete(Number(fields))
      return nothing
    }
    if (operation !== 'all' && operation !== 'range') return undefined
    const { head: name, rest } = cut(fields)
    const store = this.#keyValue(name)
    const { head: from, rest: to } = cut(rest)
    const found = operation === 'all' ? store.all() : store.range(keyOf(from), keyOf(to))
    return `v${this.#openIterator(textsOf(store, found))}`
  }

  #openIterator(texts: OpenIterator): number {
    if (this.#iterators.size >= openIteratorsMax) {
      throw new StreamError('FUNCTION_FAILED', `more than ${openIteratorsMax} iterators are open`, {
        hint: 'Call "close()" on iterators that are not read to their end.',
      })
    }
    this.#iterators.set(++this.#iteratorCount, texts)
    return this.#iteratorCount
  }

  /** A list with the value, or the number of an iterator. */
  #callTimed(fields: string): string {
    const [name = '', method = '', ...args] = fields.split('\n')
    const store = this.#store(name)
    if (!isTimed(store)) throw new StreamError('FUNCTION_FAILED', `store "${name}" has no "${method}"`)
    const recordMs = this.#environment?.recordTimestampMs?.() ?? 0
    const answer = callTimed(store, method, args.map(keyOf), recordMs)
    if (!(answer instanceof StoreEntries)) return `v[${jsonTextOf(answer)}]`
    return `v${this.#openIterator(timedTexts(answer))}`
  }

  #more(id: number): string {
    const open = this.#iterators.get(id)
    if (open === undefined) return 'v[]'
    const batch: string[] = []
    while (batch.length < batchEntriesMax) {
      const next = open.next()
      if (next.done === true) {
        this.#iterators.delete(id)
        break
      }
      batch.push(next.value)
    }
    return `v[${batch.join(',')}]`
  }

  #ask(operation: string, fields: string): string {
    const { head: name, rest } = cut(fields)
    if (operation === 'persistent') return `v${this.#store(name).persistent === true}`
    const store = this.#keyValue(name)
    if (operation === 'count') return `v${store.approximateEntryCount()}`
    const { head: keyField, rest: written } = cut(rest)
    const key = keyOf(keyField)
    if (operation === 'get') return `v${seen(store, store.get(key), timeOf(store, key))}`
    const before = timeOf(store, key)
    if (operation === 'delete') return `v${seen(store, store.delete(key, this.#recordMs), before)}`
    const { head: time, rest: valueField } = cut(written)
    const value = decodeField(valueField)
    const timestampMs = time === '' ? this.#recordMs : Number(time)
    if (operation === 'put') {
      store.put(key, value, timestampMs)
      return nothing
    }
    return `v${seen(store, store.putIfAbsent(key, value, timestampMs), before)}`
  }

  get #recordMs(): number {
    return this.#environment?.recordTimestampMs?.() ?? 0
  }

  #keyValue(name: string): FunctionKeyValueStore {
    const store = this.#store(name)
    if (!isTimed(store)) return store
    throw new StreamError('FUNCTION_FAILED', `store "${name}" keeps no single values`)
  }

  #store(name: string): FunctionStore {
    const store = this.#stores.get(name)
    if (store !== undefined) return store
    throw new StreamError('FUNCTION_FAILED', `store "${name}" can not be used here`, {
      detail: `add "${name}" to the "stores" of the function that the operation uses`,
    })
  }
}

/** Up to the first line feed, and what follows it. */
function cut(text: string): { readonly head: string; readonly rest: string } {
  const at = text.indexOf('\n')
  return at < 0 ? { head: text, rest: '' } : { head: text.slice(0, at), rest: text.slice(at + 1) }
}

function keyOf(field: string): unknown {
  return materialize(decodeField(field))
}

function* textsOf(
  store: FunctionKeyValueStore,
  found: Iterable<readonly [unknown, unknown]>,
): Generator<string> {
  for (const [key, value] of found)
    yield `{"key":${jsonTextOf(key)},"value":${seen(store, value, timeOf(store, key))}}`
}

function* timedTexts({ entries }: StoreEntries): Generator<string> {
  for (const { key, value } of entries) yield `{"key":${jsonTextOf(key)},"value":${jsonTextOf(value)}}`
}

function timeOf(store: FunctionKeyValueStore, key: unknown): number | undefined {
  return store.timestamped === true ? store.timestampMs(key) : undefined
}

function seen(store: FunctionKeyValueStore, value: unknown, timestampMs: number | undefined): string {
  if (value === undefined || value === null) return 'null'
  const text = jsonTextOf(value)
  return store.timestamped === true ? `{"value":${text},"timestamp":${timestampMs ?? 0}}` : text
}
