import type { NodeId } from '../../topology/topology.ts'

/**
 * The names of operations, and with them of nodes, stores and internal topics.
 *
 * An operation is called what its author calls it, or by its place in the file; names are unique in a definition. Where an author leaves a
 * store or a repartition unnamed, its name is the one that Kafka Streams would count out, so that an application can be taken over with
 * its topics: every processor that Kafka Streams would have made moves the count on.
 */
export class OperationNames {
  readonly #namespace: string
  readonly #taken = new Map<string, number>()
  #count = 0

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** The name of an operation: unique, and fit to be part of a topic name. */
  operation(name: string): NodeId {
    return this.unique(`${this.#namespace}_${name}`)
  }

  /** `name`, or where that is taken `name_001` and so on. */
  unique(name: string): string {
    const fit = name.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    const times = this.#taken.get(fit) ?? 0
    this.#taken.set(fit, times + 1)
    return times === 0 ? fit : this.unique(`${fit}_${String(times).padStart(3, '0')}`)
  }

  /** What Kafka Streams would call the next processor or store. */
  counted(prefix: string): string {
    return `${prefix}-${String(this.#count++).padStart(10, '0')}`
  }

  /** Processors of Kafka Streams that have another name here, or none. */
  skip(count: number): void {
    this.#count += count
  }
}

/** Kafka Streams makes a sink, a filter and a source for a repartition. */
export const repartitionProcessors = 3

/** Where something stands in the file, as the path of names that leads to it. */
export class NodePath {
  readonly #parts: readonly string[]

  constructor(parts: readonly string[]) {
    this.#parts = parts
  }

  /** The path to a part of it. */
  to(...parts: readonly string[]): NodePath {
    return new NodePath([...this.#parts, ...parts])
  }

  /** All names, joined: `pipelines_main_via_step2`. */
  get long(): string {
    return this.#parts.join('_')
  }

  /** The last name: `step2`. */
  get short(): string {
    return this.#parts.at(-1) ?? ''
  }
}
