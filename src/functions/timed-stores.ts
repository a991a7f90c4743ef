/**
 * Stores of windows, sessions and versions as functions of every language see them: methods by the names of the definition language, over
 * the facade of the store. What they give still belongs to the store.
 */
import { StreamError } from '../base/errors.ts'
import { materialize } from '../data/lazy.ts'
import { Windowed } from '../data/windowed.ts'
import type {
  FunctionSessionStore,
  FunctionStore,
  FunctionVersionedStore,
  FunctionWindowStore,
  TimedFunctionStore,
} from './function-environment.ts'

interface StoreEntry {
  readonly key: unknown
  readonly value: unknown
}

/** An answer that is read entry by entry; anything else is a value, null where there is none. */
export class StoreEntries {
  readonly entries: Iterable<StoreEntry>

  constructor(entries: Iterable<StoreEntry>) {
    this.entries = entries
  }
}

type Method<S> = (store: S, args: readonly unknown[], recordMs: number) => unknown

const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }
const backwards = { reverse: true }
const allKeys = { from: undefined, to: undefined }

const windowMethods: Readonly<Record<string, Method<FunctionWindowStore>>> = {
  put: (store, [key, value, start, timestamp], recordMs) => {
    store.put(key, value ?? null, timeIn(start), timestamp === undefined ? recordMs : timeIn(timestamp))
    return null
  },
  fetch: (store, args) => {
    if (args.length > 2) return windowsIn(store, args)
    const [key, start] = args
    const startMs = timeIn(start)
    return timed(store, store.fetch(key, startMs), store.timestampMs(key, startMs))
  },
  backwardFetch: (store, args) => windowsIn(store, args, backwards),
  fetchAll: (store, [from, to]) => ofAllKeys(store, timesIn(from, to)),
  backwardFetchAll: (store, [from, to]) => ofAllKeys(store, timesIn(from, to), backwards),
  all: (store) => ofAllKeys(store, always),
  backwardAll: (store) => ofAllKeys(store, always, backwards),
}

const sessionMethods: Readonly<Record<string, Method<FunctionSessionStore>>> = {
  put: (store, [session, value], recordMs) => {
    store.put(sessionIn(session), value ?? null, recordMs)
    return null
  },
  remove: (store, [session], recordMs) => {
    store.put(sessionIn(session), null, recordMs)
    return null
  },
  fetchSession: (store, [key, start, end]) =>
    store.fetchSession({ key, startMs: timeIn(start), endMs: timeIn(end) }) ?? null,
  fetch: (store, keys) => sessionsIn(store, keys, [0, Number.MAX_SAFE_INTEGER]),
  backwardFetch: (store, keys) => sessionsIn(store, keys, [0, Number.MAX_SAFE_INTEGER], backwards),
  findSessions: (store, args) => sessionsIn(store, args.slice(0, -2), args.slice(-2)),
  backwardFindSessions: (store, args) => sessionsIn(store, args.slice(0, -2), args.slice(-2), backwards),
}

const versionedMethods: Readonly<Record<string, Method<FunctionVersionedStore>>> = {
  get: (store, [key, asOf]) =>
    version(asOf === undefined ? store.get(key) : store.getAsOf(key, timeIn(asOf))),
  put: (store, [key, value, timestamp], recordMs) =>
    store.put(key, value ?? null, timestamp === undefined ? recordMs : timeIn(timestamp)),
  delete: (store, [key, timestamp], recordMs) =>
    version(store.delete(key, timestamp === undefined ? recordMs : timeIn(timestamp))),
}

const methods = { window: windowMethods, session: sessionMethods, versioned: versionedMethods }

/** The methods of each kind, for languages that list them. */
export const timedMethods: Readonly<Record<keyof typeof methods, readonly string[]>> = {
  window: Object.keys(windowMethods),
  session: Object.keys(sessionMethods),
  versioned: Object.keys(versionedMethods),
}

export function isTimed(store: FunctionStore): store is TimedFunctionStore {
  return store.kind !== undefined && store.kind !== 'key-value'
}

/**
 * Calls a method of a store of windows, sessions or versions.
 *
 * @param args - keys and values are plain or lazy
 * @param recordMs - the time of the record in hand, which a put without a time takes
 * @throws StreamError `FUNCTION_FAILED` for a method or an argument that the store does not take
 */
export function callTimed(
  store: TimedFunctionStore,
  method: string,
  args: readonly unknown[],
  recordMs: number,
): unknown {
  const found = (methods[store.kind] as Readonly<Record<string, Method<never>>>)[method]
  if (found === undefined)
    throw new StreamError('FUNCTION_FAILED', `${store.kind} store "${store.name}" has no "${method}"`, {
      hint: `Use one of: ${timedMethods[store.kind].join(', ')}.`,
    })
  return found(store as never, args, recordMs)
}

function timeIn(value: unknown): number {
  const time = typeof value === 'bigint' ? Number(value) : value
  if (Number.isSafeInteger(time)) return time as number
  throw new StreamError('FUNCTION_FAILED', 'a store was not given a time in whole milliseconds', {
    detail: `It was given ${time === null || time === undefined ? 'nothing' : `a ${typeof time}`}.`,
  })
}

function timesIn(from: unknown, to: unknown): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: timeIn(from), toMs: timeIn(to) }
}

/** A session's key as functions have it: `{ key, start, end }`. */
function sessionIn(value: unknown): {
  readonly key: unknown
  readonly startMs: number
  readonly endMs: number
} {
  const given = materialize(value)
  if (typeof given !== 'object' || given === null || !('key' in given))
    throw new StreamError('FUNCTION_FAILED', 'a session store was not given the key of a session', {
      hint: 'Give { key, start, end }.',
    })
  const { key, start, end } = given as {
    readonly key: unknown
    readonly start?: unknown
    readonly end?: unknown
  }
  return { key, startMs: timeIn(start), endMs: timeIn(end) }
}

/** `(key, from, to)`: entries by the starts of windows; `(first, last, from, to)`: by windowed keys. */
function windowsIn(
  store: FunctionWindowStore,
  args: readonly unknown[],
  options?: typeof backwards,
): StoreEntries {
  const [from, to] = args.slice(-2)
  const times = timesIn(from, to)
  if (args.length === 3)
    return new StoreEntries(
      mapped(store.fetchTimes(args[0], times, options), ({ startMs, value, timestampMs }) => ({
        key: startMs,
        value: timed(store, value, timestampMs),
      })),
    )
  return windowEntries(store, store.fetchKeys({ from: args[0], to: args[1] }, times, options))
}

function ofAllKeys(
  store: FunctionWindowStore,
  times: { readonly fromMs: number; readonly toMs: number },
  options?: typeof backwards,
): StoreEntries {
  return windowEntries(store, store.fetchKeys(allKeys, times, options))
}

function windowEntries(
  store: FunctionWindowStore,
  found: ReturnType<FunctionWindowStore['fetchKeys']>,
): StoreEntries {
  return new StoreEntries(
    mapped(found, ({ key, startMs, value, timestampMs }) => ({
      key: new Windowed(key, startMs, startMs + store.windowSizeMs).toStruct(),
      value: timed(store, value, timestampMs),
    })),
  )
}

function sessionsIn(
  store: FunctionSessionStore,
  keys: readonly unknown[],
  [earliestEnd, latestStart]: readonly unknown[],
  options?: typeof backwards,
): StoreEntries {
  const overlap = { earliestEndMs: timeIn(earliestEnd), latestStartMs: timeIn(latestStart) }
  const [from, to] = keys
  const found =
    keys.length === 1
      ? store.findSessions(from, overlap, options)
      : store.findSessionsOfKeys({ from, to }, overlap, options)
  return new StoreEntries(
    mapped(found, ({ key, startMs, endMs, value }) => ({
      key: new Windowed(key, startMs, endMs).toStruct(),
      value,
    })),
  )
}

function timed(store: FunctionWindowStore, value: unknown, timestampMs: number | undefined): unknown {
  if (value === undefined || value === null) return null
  return store.timestamped ? { value, timestamp: timestampMs ?? 0 } : value
}

function version(found: ReturnType<FunctionVersionedStore['get']>): unknown {
  if (found === undefined) return null
  const { value, timestampMs, validToMs } = found
  return { value, timestamp: timestampMs, ...(validToMs === undefined ? {} : { validTo: validToMs }) }
}

function* mapped<T>(found: Iterable<T>, entryOf: (one: T) => StoreEntry): Generator<StoreEntry> {
  for (const one of found) yield entryOf(one)
}
