import { StreamError } from '../../base/errors.ts'
import { Lazy } from '../../data/lazy.ts'
import { ownValue } from '../copy-value.ts'
import type { FunctionEnvironment, FunctionStore } from '../function-environment.ts'

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

  get(key: unknown): unknown {
    const store = this.#call.store(this.#name)
    return seen(store, store.get(key), store.timestamped === true ? store.timestampMs(key) : undefined)
  }

  put(key: unknown, value: unknown, timestampMs?: number): void {
    this.#call.store(this.#name).put(key, kept(value), timestampMs ?? this.#call.timestampMs())
  }

  putIfAbsent(key: unknown, value: unknown, timestampMs?: number): unknown {
    const store = this.#call.store(this.#name)
    const before = store.timestamped === true ? store.timestampMs(key) : undefined
    return seen(store, store.putIfAbsent(key, kept(value), timestampMs ?? this.#call.timestampMs()), before)
  }

  delete(key: unknown): unknown {
    const store = this.#call.store(this.#name)
    const before = store.timestamped === true ? store.timestampMs(key) : undefined
    return seen(store, store.delete(key, this.#call.timestampMs()), before)
  }

  *all(): Generator<{ key: unknown; value: unknown }> {
    const store = this.#call.store(this.#name)
    for (const [key, value] of store.all()) yield entry(store, key, value)
  }

  /** Both ends included. */
  *range(from: unknown, to: unknown): Generator<{ key: unknown; value: unknown }> {
    const store = this.#call.store(this.#name)
    for (const [key, value] of store.range(from, to)) yield entry(store, key, value)
  }

  approximateNumEntries(): number {
    return this.#call.store(this.#name).approximateEntryCount()
  }
}

function entry(store: FunctionStore, key: unknown, value: unknown): { key: unknown; value: unknown } {
  const timestampMs = store.timestamped === true ? store.timestampMs(key) : undefined
  return { key: ownValue(key), value: seen(store, value, timestampMs) }
}

function seen(store: FunctionStore, value: unknown, timestampMs: number | undefined): unknown {
  if (value === undefined || value === null) return null
  const own = ownValue(value)
  return store.timestamped === true ? { value: own, timestamp: timestampMs ?? 0 } : own
}

/** The store keeps a copy: the function may go on changing what it gave. */
function kept(value: unknown): unknown {
  return value instanceof Lazy ? value.detach() : ownValue(value)
}
