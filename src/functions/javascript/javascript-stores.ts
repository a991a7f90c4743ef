import { StreamError } from '../../base/errors.ts'
import { Lazy } from '../../data/lazy.ts'
import { ownValue } from '../copy-value.ts'
import type { FunctionEnvironment, FunctionKeyValueStore, FunctionStore } from '../function-environment.ts'
import { callTimed, isTimed, StoreEntries, timedMethods } from '../timed-stores.ts'

/** Whose call is running: stores and log lines belong to its task. One object a host. */
export class CurrentCall {
  environment: FunctionEnvironment | undefined = undefined
  /** By name, those that the called function declares. */
  stores: ReadonlyMap<string, FunctionStore> = noStores

  store(name: string): FunctionStore {
    const store = this.stores.get(name)
    if (store !== undefined) return store
    throw new StreamError('FUNCTION_FAILED', `store "${name}" can not be used here`, {
      detail: 'A function reaches only the stores of the function that the engine called.',
      hint: `Add "${name}" to the "stores" of the function that the operation uses.`,
    })
  }

  timestampMs(): number {
    return this.environment?.recordTimestampMs?.() ?? 0
  }
}

const noStores: ReadonlyMap<string, FunctionStore> = new Map()

/**
 * A store as JavaScript functions see it, with the method names of the definition language. It forwards to the store of
 * whichever task is calling. What it gives is the caller's own copy.
 */
export class JavaScriptStore {
  readonly #name: string
  readonly #call: CurrentCall

  constructor(name: string, call: CurrentCall) {
    this.#name = name
    this.#call = call
  }

  name(): string {
    return this.#name
  }

  get(key: unknown, ...more: readonly unknown[]): unknown {
    const store = this.#call.store(this.#name)
    if (isTimed(store)) return this.call('get', [key, ...more])
    return seen(store, store.get(key), store.timestamped === true ? store.timestampMs(key) : undefined)
  }

  put(key: unknown, value: unknown, timestampMs?: number, ...more: readonly unknown[]): unknown {
    const store = this.#call.store(this.#name)
    if (isTimed(store))
      return this.call('put', timestampMs === undefined ? [key, value] : [key, value, timestampMs, ...more])
    store.put(key, kept(value), timestampMs ?? this.#call.timestampMs())
    return undefined
  }

  putIfAbsent(key: unknown, value: unknown, timestampMs?: number): unknown {
    const store = this.#keyValue('putIfAbsent')
    const before = store.timestamped === true ? store.timestampMs(key) : undefined
    return seen(store, store.putIfAbsent(key, kept(value), timestampMs ?? this.#call.timestampMs()), before)
  }

  delete(key: unknown, ...more: readonly unknown[]): unknown {
    const store = this.#call.store(this.#name)
    if (isTimed(store)) return this.call('delete', [key, ...more])
    const before = store.timestamped === true ? store.timestampMs(key) : undefined
    return seen(store, store.delete(key, this.#call.timestampMs()), before)
  }

  all(): unknown {
    const store = this.#call.store(this.#name)
    return isTimed(store) ? this.call('all', []) : entriesOf(store, store.all())
  }

  /** Both ends included. */
  range(from: unknown, to: unknown): unknown {
    const store = this.#keyValue('range')
    return entriesOf(store, store.range(from, to))
  }

  approximateNumEntries(): number {
    return this.#keyValue('approximateNumEntries').approximateEntryCount()
  }

  /** A method that only stores of windows, sessions and versions have. */
  call(method: string, args: readonly unknown[]): unknown {
    const store = this.#call.store(this.#name)
    if (!isTimed(store)) throw lacks(store, method)
    const answer = callTimed(store, method, args.map(kept), this.#call.timestampMs())
    return answer instanceof StoreEntries ? ownEntries(answer) : ownValue(answer)
  }

  #keyValue(method: string): FunctionKeyValueStore {
    const store = this.#call.store(this.#name)
    if (isTimed(store)) throw lacks(store, method)
    return store
  }
}

/** What key-value stores do not have is the same everywhere: it goes by the name of the method. */
for (const method of new Set(Object.values(timedMethods).flat()))
  if (!(method in JavaScriptStore.prototype))
    Object.defineProperty(JavaScriptStore.prototype, method, {
      value(this: JavaScriptStore, ...args: readonly unknown[]): unknown {
        return this.call(method, args)
      },
    })

function lacks(store: FunctionStore, method: string): StreamError {
  return new StreamError(
    'FUNCTION_FAILED',
    `${store.kind ?? 'key-value'} store "${store.name}" has no "${method}"`,
  )
}

function* ownEntries({ entries }: StoreEntries): Generator<{ key: unknown; value: unknown }> {
  for (const { key, value } of entries) yield { key: ownValue(key), value: ownValue(value) }
}

function* entriesOf(
  store: FunctionKeyValueStore,
  found: Iterable<readonly [unknown, unknown]>,
): Generator<{ key: unknown; value: unknown }> {
  for (const [key, value] of found) yield entry(store, key, value)
}

function entry(store: FunctionKeyValueStore, key: unknown, value: unknown): { key: unknown; value: unknown } {
  const timestampMs = store.timestamped === true ? store.timestampMs(key) : undefined
  return { key: ownValue(key), value: seen(store, value, timestampMs) }
}

function seen(store: FunctionKeyValueStore, value: unknown, timestampMs: number | undefined): unknown {
  if (value === undefined || value === null) return null
  const own = ownValue(value)
  return store.timestamped === true ? { value: own, timestamp: timestampMs ?? 0 } : own
}

/** The store keeps a copy: the function may go on changing what it gave. */
function kept(value: unknown): unknown {
  return value instanceof Lazy ? value.detach() : ownValue(value)
}
