import { assert } from '../../base/assert.ts'
import type { Connection } from './connection.ts'
import type { Address } from './address.ts'
import { TcpListener, type ArrivedClient, type ListenerOptions } from './tcp-listener.ts'

export interface ClusterListenerOptions extends Omit<ListenerOptions, 'accept'> {
  /** In their order. */
  readonly nodeIds: readonly number[]
  readonly host: string
  /** Of the first node, the others have those that follow; 0: any that are free. */
  readonly port: number
  /** @param addressOf - where a client that came this way reaches a node */
  readonly accept: (
    nodeId: number,
    client: ArrivedClient,
    addressOf: (nodeId: number) => Address,
  ) => Connection | undefined
}

/** One listener of a cluster: a port on each node. A node that is stopped gives its port up, and takes it again when it starts. */
export class ClusterListener {
  readonly #options: ClusterListenerOptions
  readonly #open = new Map<number, TcpListener>()
  readonly #addresses = new Map<number, Address>()

  private constructor(options: ClusterListenerOptions) {
    this.#options = options
  }

  /** @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID`; then no port is kept */
  static async open(options: ClusterListenerOptions, running: readonly number[]): Promise<ClusterListener> {
    const listener = new ClusterListener(options)
    try {
      for (const nodeId of options.nodeIds) await listener.start(nodeId)
    } catch (error) {
      await listener.close()
      throw error
    }
    for (const nodeId of options.nodeIds) if (!running.includes(nodeId)) await listener.stop(nodeId)
    return listener
  }

  /** Where a node is, or was before it stopped. */
  addressOf(nodeId: number): Address {
    const address = this.#addresses.get(nodeId)
    assert(address !== undefined, 'each node has had a port')
    return address
  }

  /** @throws StreamError `PORT_IN_USE` when another program has taken the port */
  async start(nodeId: number): Promise<void> {
    if (this.#open.has(nodeId)) return
    const { host, port, nodeIds, accept, ...rest } = this.#options
    const first = port === 0 ? 0 : port + nodeIds.indexOf(nodeId)
    const opened = await TcpListener.open(this.#addresses.get(nodeId)?.port ?? first, host, {
      ...rest,
      accept: (client) => accept(nodeId, client, this.#seenFrom(client.reached)),
    })
    this.#open.set(nodeId, opened)
    this.#addresses.set(nodeId, opened.address)
  }

  async stop(nodeId: number): Promise<void> {
    const listener = this.#open.get(nodeId)
    this.#open.delete(nodeId)
    await listener?.close()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((nodeId) => this.stop(nodeId)))
  }

  /** All nodes are on one machine: by the name with which a client reached one, it reaches the others. */
  #seenFrom({ host }: Address): (nodeId: number) => Address {
    return (nodeId) => ({ host, port: this.addressOf(nodeId).port })
  }
}
