/**
 * A Kafka broker in this process: one node, or several on ports of their own.
 *
 * Clients reach it over TCP ({@link Broker.listen}), unmodified ones of any language, or in the same thread
 * ({@link Broker.connect}), where with a manual clock an hour of time-outs passes in a millisecond.
 */
import { StreamError } from '../base/errors.ts'
import { frameSizeBytes } from '../protocol/headers.ts'
import type { BrokerOptions } from './broker-config.ts'
import { ClusterControl } from './cluster-control.ts'
import { FaultControl } from './fault-control.ts'
import { ClusterListener } from './node/cluster-listener.ts'
import { Connection } from './node/connection.ts'
import { Dispatcher } from './node/dispatcher.ts'
import { createNodeState, type NodeState } from './node/node-state.ts'
import { ScopedClock } from './node/scoped-clock.ts'
import type { Address } from './node/address.ts'

/** What a client of the same thread sees. */
export interface BrokerConnection {
  /**
   * Has a request served; requests of one connection are served in their order.
   *
   * @param frame - header and body, without the size in front; it must not be changed afterwards
   * @returns header and body of the answer; undefined where the request has none (Produce with acks 0)
   * @throws StreamError `CONNECTION_CLOSED` when the connection has ended or ends before the answer
   */
  request(frame: Buffer): Promise<Buffer | undefined>
  /** Aborted when the connection has ended, by whichever side. */
  readonly closed: AbortSignal
  close(): void
}

/** Where clients in memory are told the first node is, unless it listens or is configured; the others are on the ports that follow. */
const memoryAddress: Address = { host: 'localhost', port: 9092 }

export class Broker {
  /** Breaks requests on purpose. */
  readonly faults: FaultControl
  /** Moves leaders and coordinators, stops and starts nodes. */
  readonly cluster: ClusterControl
  readonly #state: NodeState
  readonly #clock: ScopedClock
  readonly #dispatcher: Dispatcher
  readonly #connections = new Map<Connection, number>()
  readonly #listeners: ClusterListener[] = []

  constructor(options: BrokerOptions) {
    this.#clock = new ScopedClock(options.clock)
    this.#state = createNodeState({ ...options, clock: this.#clock })
    this.faults = new FaultControl(options.random)
    this.#dispatcher = new Dispatcher(this.#state, this.faults)
    this.cluster = new ClusterControl(this.#state, {
      stop: async (nodeId) => {
        this.#cut(nodeId)
        await Promise.all(this.#listeners.map((listener) => listener.stop(nodeId)))
      },
      start: async (nodeId) => {
        await Promise.all(this.#listeners.map((listener) => listener.start(nodeId)))
      },
    })
  }

  /** Of the first node. */
  get nodeId(): number {
    return this.#state.config.nodeId
  }

  /** Bytes of batches that the cluster holds. */
  get memoryUsedBytes(): number {
    return this.#state.budget.usedBytes
  }

  /**
   * @param clientHost - what group descriptions call the client's host
   * @param nodeId - which node; the first that runs where absent
   * @throws StreamError `BROKER_UNREACHABLE` for a node that does not run
   */
  connect(clientHost = 'memory', nodeId = this.#state.layout.running()[0]): BrokerConnection {
    if (nodeId === undefined || !this.cluster.runs(nodeId))
      throw new StreamError('BROKER_UNREACHABLE', `could not connect to node ${nodeId ?? this.nodeId}`, {
        detail: 'The node does not run.',
      })
    const connection = this.#open(nodeId, clientHost, (other) => this.addressOf(other))
    return {
      request: async (frame) => (await connection.request(frame))?.subarray(frameSizeBytes),
      closed: connection.closed,
      close: () => connection.close(),
    }
  }

  /** Where a node is: on its first listener, or where clients in memory are told it is. */
  addressOf(nodeId: number): Address {
    const own = this.#listeners[0]?.addressOf(nodeId)
    const index = nodeId - this.nodeId
    return this.#advertised(nodeId) ?? own ?? { host: memoryAddress.host, port: memoryAddress.port + index }
  }

  /**
   * Opens a port on each node.
   *
   * @param port - of the first node, the others have those that follow; 0 for any that are free
   * @param host - an address of this machine
   * @returns where clients reach the first node
   * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID`
   */
  async listen(port: number, host = '127.0.0.1'): Promise<Address> {
    const { logger, config, layout } = this.#state
    const listener = await ClusterListener.open(
      {
        port,
        host,
        nodeIds: layout.nodeIds,
        logger,
        requestBytesMax: config.requestBytesMax,
        queuedRequestsMax: config.queuedRequestsMax,
        connectionsMax: config.connectionsMax,
        accept: (nodeId, clientHost, addressOf) =>
          this.#open(nodeId, `/${clientHost}`, (other) => this.#advertised(other) ?? addressOf(other)),
      },
      layout.running(),
    )
    this.#listeners.push(listener)
    for (const nodeId of layout.nodeIds)
      logger.info('broker listens', { nodeId, ...listener.addressOf(nodeId) })
    return listener.addressOf(config.nodeId)
  }

  /** Ends all connections and timers; what was in memory is gone. */
  async close(): Promise<void> {
    this.#clock.close()
    for (const connection of this.#connections.keys()) connection.close()
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #advertised(nodeId: number): Address | undefined {
    const { advertised, nodeId: first } = this.#state.config
    return advertised === undefined ? undefined : { ...advertised, port: advertised.port + nodeId - first }
  }

  #open(nodeId: number, clientHost: string, addressOf: (nodeId: number) => Address): Connection {
    const connection = new Connection(this.#dispatcher, {
      host: clientHost,
      nodeId,
      addressOf,
      principal: 'User:ANONYMOUS',
    })
    this.#connections.set(connection, nodeId)
    connection.closed.addEventListener('abort', () => this.#connections.delete(connection), { once: true })
    return connection
  }

  #cut(nodeId: number): void {
    for (const [connection, at] of this.#connections) if (at === nodeId) connection.close()
  }
}
