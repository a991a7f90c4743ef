import { validToUndefined, versionNotPut, type VersionedStore } from '../../store/contracts.ts'
import type { TableSourceNode, ToTableNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { drops, type Drops } from './node-counters.ts'
import { TableWriter } from './table-writer.ts'

/** What keeps a table's rows, with their versions or without. */
export function makeTableWriter(
  node: TableSourceNode | ToTableNode,
  env: ProcessEnvironment,
  next: Processor,
): Processor {
  if (node.versioned !== true || node.store === undefined) return new TableWriter(node, env, next)
  return new VersionedTableWriter(node, env.versionedStore(node.store), { env, next })
}

/**
 * Keeps the versions of each row by their times. A record that is older than the newest one finds its place and goes on as a change that is
 * not the latest; one from before the history that is kept is left out.
 */
class VersionedTableWriter implements Processor {
  readonly #store: VersionedStore
  readonly #next: Processor
  readonly #nullKeys: Drops
  readonly #late: Drops
  readonly #out = new StreamRecord()
  readonly #change = new Change(null, null)

  constructor(
    node: TableSourceNode | ToTableNode,
    store: VersionedStore,
    { env, next }: { readonly env: ProcessEnvironment; readonly next: Processor },
  ) {
    this.#store = store
    this.#next = next
    this.#nullKeys = drops(env, node.id, 'null-key')
    this.#late = drops(env, node.id, 'late')
    this.#out.value = this.#change
  }

  process(record: StreamRecord): void {
    const { key, value, timestampMs } = record
    if (key === null) {
      this.#nullKeys.count()
      return
    }
    const change = this.#change
    change.oldValue = this.#store.get(key)?.value ?? null
    const validTo = this.#store.put(key, value, timestampMs)
    if (validTo === versionNotPut) {
      this.#late.count()
      return
    }
    change.newValue = value
    change.isLatest = validTo === validToUndefined
    const out = this.#out
    out.key = key
    out.timestampMs = timestampMs
    out.headers = record.headers
    this.#next.process(out)
  }
}
